"""A way to a hub that can fall silent: its connections stay open, but bring nothing more."""

import asyncio

from lines import DEADLINE


class Proxy:
    """Forwards connections; those that are stalled hold what they have for ever."""

    def __init__(self, target):
        self._target = target.split(":")
        self._tasks = set()
        self._stalled = set()
        self.accepted = 0
        self._told = 0
        self._news = asyncio.Condition()

    async def start(self):
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.address = "127.0.0.1:%d" % self._server.sockets[0].getsockname()[1]

    async def close(self):
        self._server.close()
        for task in list(self._tasks):
            task.cancel()

    def stall(self):
        """The connections there are bring nothing more, in either direction; new ones do."""
        self._stalled |= self._tasks

    async def until_told(self, times):
        """Waits until the hub has said something so many times more."""
        wanted = self._told + times
        async with asyncio.timeout(DEADLINE), self._news:
            await self._news.wait_for(lambda: self._told >= wanted)

    async def _tell(self):
        async with self._news:
            self._told += 1
            self._news.notify_all()

    async def _accept(self, reader, writer):
        self.accepted += 1
        try:
            there, back = await asyncio.open_connection(*self._target)
        except OSError:
            writer.close()
            return
        for source, sink, told in ((reader, back, self._nothing), (there, writer, self._tell)):
            task = asyncio.create_task(self._forward(source, sink, told))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _nothing(self):
        pass

    async def _forward(self, source, sink, told):
        me = asyncio.current_task()
        try:
            while data := await source.read(1 << 16):
                if me not in self._stalled:
                    sink.write(data)
                    await sink.drain()
                    await told()
            if me not in self._stalled:
                sink.close()
        except (ConnectionError, asyncio.CancelledError):
            sink.close()
