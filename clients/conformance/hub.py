"""A real hub: started, killed, stopped and paused by its scenario, and asked what it was called for."""

import asyncio
import datetime
import json
import os
import random
import shutil
import signal
import socket

from lines import Lines

# A segment is preallocated; many hubs run at a time.
SMALL = ("--segment-bytes", "4MiB", "--reserve-bytes", "1MiB")
# Below the ports that the system gives to connections: one that looks for a dead hub cannot find itself.
PORTS = (20000, 32000)


def free_port():
    while True:
        port = random.randrange(*PORTS)
        with socket.socket() as attempt:
            attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                attempt.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def log_line(text):
    try:
        return json.loads(text)
    except ValueError:
        return {"text": text}


class Hub:
    """One hub; its port and its backlog outlive its restarts."""

    def __init__(self, binary, folder, settings):
        self.folder = folder
        self.address = f"127.0.0.1:{free_port()}"
        self._binary = binary
        self._settings = settings if "--segment-bytes" in settings else [*SMALL, *settings]
        self._log = open(folder / "hub.log", "ab")
        self._lives = []
        self._process = None

    @property
    def data(self):
        return self.folder / "data"

    @property
    def pid(self):
        return self._process.pid

    async def start(self):
        self._process = await asyncio.create_subprocess_exec(
            self._binary, "serve", "--listen", self.address, "--data", self.data,
            "--log-format", "json", "--log-level", "info,hintwire::server=debug", *self._settings,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, limit=1 << 24,
        )
        lines = Lines(log_line, self._log)
        self._pump = asyncio.create_task(lines.pump(self._process.stdout))
        self._lives.append(lines)
        await lines.until(lambda seen: any("listening" in str(line) for line in seen), "the hub to listen")

    async def _end(self, sign):
        if self._process and self._process.returncode is None:
            self._process.send_signal(signal.SIGCONT)
            self._process.send_signal(sign)
            await self._process.wait()
            await self._pump

    async def kill(self):
        await self._end(signal.SIGKILL)

    async def stop(self):
        """Stops in order; then the log is whole."""
        await self._end(signal.SIGTERM)

    def pause(self):
        self._process.send_signal(signal.SIGSTOP)

    def resume(self):
        self._process.send_signal(signal.SIGCONT)

    def wipe(self):
        shutil.rmtree(self.data)

    async def discard(self):
        """Leaves its log alone behind."""
        await self.kill()
        shutil.rmtree(self.data, ignore_errors=True)

    def memory(self):
        """Bytes of memory that the process has now."""
        with open(f"/proc/{self.pid}/statm") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def log(self):
        return (line for lines in self._lives for line in lines.seen)

    def calls(self, method):
        """The calls of this method that have ended, as the hub logged them."""
        ended = (line for line in self.log() if line.get("target") == "hintwire::server::trace")
        return [line["fields"] for line in ended if line["fields"]["method"].endswith("/" + method)]

    def call_times(self, method):
        """When they ended, in seconds."""
        times = []
        for line in self.log():
            if line.get("fields", {}).get("method", "").endswith("/" + method):
                times.append(datetime.datetime.fromisoformat(line["timestamp"]).timestamp())
        return times

    async def until_called(self, method, times, what):
        lines = self._lives[-1]
        await lines.until(lambda _: len(self.calls(method)) >= times, what)

    async def ask(self, *words):
        """Asks with the command line; its JSON answer."""
        process = await asyncio.create_subprocess_exec(
            self._binary, words[0], "--url", f"http://{self.address}", "--json", *words[1:],
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )
        answer, _ = await process.communicate()
        return json.loads(answer)
