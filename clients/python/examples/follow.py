"""Follows everything. Stop it, publish something, start it again: nothing is missed."""

import asyncio
import sys

from hintwire import Batch, Client, FileStore, Follow


async def handle(batch: Batch):
    for stored in batch.events:
        print(stored.cursor, stored.event.topic, stored.event.data)
    # The cursor is saved after this: an event is handled again rather than lost.


async def main():
    # The hub need not be up yet.
    async with Client("127.0.0.1:7450") as client:
        follow = Follow(
            client,
            ["**"],
            store=FileStore("follow.cursor"),
            on_cursor_error="advised",
            observe=lambda notice: print(notice, file=sys.stderr),
        )
        await follow.run(handle)


asyncio.run(main())
