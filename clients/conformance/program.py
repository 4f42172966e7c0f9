"""A language's program: a follower whose lines are awaited, or a publisher that is fed."""

import asyncio
import json
import signal

from lines import Failed, Lines, check


class Program:
    """A process that prints one JSON object a line."""

    def __init__(self, name, folder):
        self._name = name
        self._copy = open(folder / f"{name}.out", "ab")
        self._errors = open(folder / f"{name}.err", "ab")
        self._lines = Lines(self._parse, self._copy)
        self._process = None

    def _parse(self, text):
        try:
            return json.loads(text)
        except ValueError:
            raise Failed(f"{self._name} printed a line that is no JSON: {text[:200]}") from None

    async def start(self, command, fed=False):
        self._process = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.PIPE, stderr=self._errors, limit=1 << 24,
            stdin=asyncio.subprocess.PIPE if fed else asyncio.subprocess.DEVNULL,
        )
        self._pump = asyncio.create_task(self._lines.pump(self._process.stdout))
        return self

    @property
    def said(self):
        return self._lines.seen

    async def until(self, holds, what, **deadline):
        return await self._lines.until(holds, f"{self._name}: {what}", **deadline)

    async def ended(self):
        """Waits for the end; the exit code."""
        await self._lines.until(lambda _: self._lines.ended, f"{self._name} to end")
        await self._pump
        return await self._process.wait()

    async def kill(self):
        await self._end(signal.SIGKILL)

    async def stop(self):
        """Asks it to end; that it does with code 0 is part of the interface."""
        code = await self._end(signal.SIGTERM)
        check(code == 0, f"{self._name} ended with code {code} when it was asked to")

    async def _end(self, sign):
        if self._process.returncode is None:
            self._process.send_signal(sign)
        return await self.ended()

    def discard(self):
        """Leaves nothing behind when a scenario failed half-way."""
        if self._process and self._process.returncode is None:
            self._process.kill()
        self._copy.close()
        self._errors.close()


class Follower(Program):
    """`PROGRAM follow`"""

    @property
    def events(self):
        return [line["event"] for line in self.said if "event" in line]

    @property
    def notices(self):
        return [line["notice"] for line in self.said if "notice" in line]

    async def until_events(self, count):
        await self.until(lambda _: len(self.events) >= count, f"{count} events")

    async def until_event(self, last):
        """Waits until the newest event is this one, whatever came before."""
        await self.until(lambda _: self.events and self.events[-1]["id"] == last["id"], f"event {last['id']}")

    async def until_notice(self, notice, times=1, **deadline):
        said = f"notice {notice!r}, {times} times"
        await self.until(lambda _: self.notices.count(notice) >= times, said, **deadline)

    async def until_failed(self):
        """Waits for the end that the policy demands; the reason."""
        failed = await self.until(
            lambda said: next((line for line in said if "failed" in line), None), "an end with a reason")
        code = await self.ended()
        check(code == 1, f"{self._name} failed with code {code}, not 1")
        return failed["failed"]


class Publisher:
    """`PROGRAM publish`, started anew as often as the hub goes away: what was not answered is sent again."""

    def __init__(self, start):
        self._start = start
        self._program = None

    async def publish(self, events):
        """Publishes each event as a batch of one; the answers."""
        answers = []
        while len(answers) < len(events):
            answers += await self._some(events[len(answers):])
        return answers

    async def _some(self, events):
        """The answers of one life of the program; all of them, unless the hub went away."""
        program = self._program or await self._start()
        self._program = None
        before = len(program.said)
        feed = "".join(json.dumps(event) + "\n" for event in events)
        program._process.stdin.write(feed.encode())
        await program.until(
            lambda said: len(said) >= before + len(events) or any("failed" in line for line in said), "answers")
        answers = program.said[before:]
        if "failed" in answers[-1]:
            await program.ended()
            check(answers[-1]["failed"] in AWAY, f"publish was refused: {answers[-1]}")
            return answers[:-1]
        self._program = program
        return answers

    async def refused(self, event):
        """Publishes an event that must be refused; the reason."""
        program = await self._start()
        program._process.stdin.write((json.dumps(event) + "\n").encode())
        await program.until(lambda said: said, "a refusal")
        check("failed" in program.said[0], f"this is to be refused: {event}")
        return program.said[0]["failed"]


# How a publisher may end that finds the hub gone: the code stands for a reason that nobody gave.
AWAY = ("UNAVAILABLE", "DRAINING", "CANCELLED", "INTERNAL", "UNKNOWN")
