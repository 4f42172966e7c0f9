"""What a scenario plays in: hubs, programs and a proxy, of which nothing is left when it ends."""

import contextlib
import dataclasses
import pathlib
import typing

from hub import Hub
from program import Follower, Program, Publisher
from proxy import Proxy


@dataclasses.dataclass
class World:
    """One play of one scenario in one language."""

    command: typing.Sequence[str]
    hub_binary: str
    hub_settings: typing.Sequence[str]
    folder: pathlib.Path
    stack: contextlib.AsyncExitStack
    _count: int = 0

    def _place(self, kind):
        self._count += 1
        return f"{kind}{self._count}"

    async def hub(self, *settings):
        """A hub that runs, with a backlog of its own."""
        folder = self.folder / self._place("hub")
        folder.mkdir()
        hub = Hub(self.hub_binary, folder, [*self.hub_settings, *settings])
        self.stack.push_async_callback(hub.discard)
        await hub.start()
        return hub

    async def proxy(self, hub):
        """A way to the hub that can fall silent."""
        proxy = Proxy(hub.address)
        self.stack.push_async_callback(proxy.close)
        await proxy.start()
        return proxy

    async def _start(self, program, words, fed=False):
        self.stack.callback(program.discard)
        return await program.start([*self.command, *words], fed)

    async def follow(self, at, *flags, topic="news/**"):
        """A follower of `topic` at a hub, or at a proxy to it."""
        words = ["follow", "--hub", at.address, "--topic", topic, *map(str, flags)]
        return await self._start(Follower(self._place("follow"), self.folder), words)

    def publisher(self, hub, *flags):
        """A publisher, not yet started."""

        async def start():
            program = Program(self._place("publish"), self.folder)
            return await self._start(program, ["publish", "--hub", hub.address, *map(str, flags)], fed=True)

        return Publisher(start)

    def token_file(self, token):
        """A file with a token."""
        path = self.folder / self._place("token")
        path.write_text(token + "\n")
        return path

    def cursor_file(self, cursor=None):
        """A file for a cursor; with one in it, if that is wished."""
        path = self.folder / self._place("cursor")
        if cursor:
            path.write_text(cursor + "\n")
        return path
