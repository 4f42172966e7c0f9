"""Lines of a process, as they come, and waiting for what they say."""

import asyncio

DEADLINE = 90


class Failed(Exception):
    """A promise that was not kept."""


def check(kept, promise):
    if not kept:
        raise Failed(promise)


class Lines:
    """What one process has written so far; a copy goes to a file for whoever reads a failure."""

    def __init__(self, parse, copy):
        self.seen = []
        self.ended = False
        self._broken = None
        self._parse = parse
        self._copy = copy
        self._changed = asyncio.Condition()

    async def pump(self, stream):
        try:
            while raw := await stream.readline():
                self._copy.write(raw)
                self._copy.flush()
                await self._tell(self._parse(raw.decode(errors="replace").rstrip("\n")))
        except Failed as unreadable:
            self._broken = unreadable
        self.ended = True
        await self._tell(None)

    async def _tell(self, line):
        async with self._changed:
            if line is not None:
                self.seen.append(line)
            self._changed.notify_all()

    async def until(self, holds, what, seconds=DEADLINE):
        """Waits until `holds(seen)` is true; its value. Fails at the deadline, or when nothing more can come."""

        def over():
            return self.ended or holds(self.seen)

        try:
            async with asyncio.timeout(seconds):
                async with self._changed:
                    await self._changed.wait_for(over)
        except TimeoutError:
            raise Failed(f"waited {seconds} s for {what}") from None
        if self._broken:
            raise self._broken
        held = holds(self.seen)
        check(held, f"the process ended before {what}")
        return held
