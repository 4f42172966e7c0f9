"""What the loop promises its user, with a real hub."""

import asyncio
import unittest
from math import inf

from hub import Hub

from hintwire import Client, Error, Event, Follow, MemoryStore
from hintwire.loop import Loop

DEADLINE = 30


class FollowTest(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        hub = self.enterContext(Hub())
        self.target = hub.target

    async def asyncSetUp(self):
        self.client = await self.enterAsyncContext(Client(self.target))

    async def until_failed(self, follow, handler):
        with self.assertRaises(Exception) as raised:
            await asyncio.wait_for(follow.run(handler), DEADLINE)
        return raised.exception

    async def test_a_batch_whose_handler_failed_comes_again_in_the_next_run(self):
        await self.client.publish([Event(topic="a", data=b"1"), Event(topic="a", data=b"2")])
        store, batches = MemoryStore(), []

        async def fails(batch):
            batches.append([stored.event.data for stored in batch.events])
            raise ZeroDivisionError

        for _ in range(2):
            error = await self.until_failed(Follow(self.client, ["a"], store=store), fails)
            self.assertIsInstance(error, ZeroDivisionError)
        self.assertEqual(batches, [[b"1", b"2"]] * 2)
        self.assertIsNone(store.cursor)

    async def test_an_error_of_the_hub_within_the_handler_is_the_handlers_own(self):
        await self.client.publish([Event(topic="a")])

        async def publishes(_):
            await self.client.publish([Event(topic="not a topic")])

        error = await self.until_failed(Follow(self.client, ["a"]), publishes)
        self.assertEqual((error.reason, error.metadata["field"]), ("INVALID_FIELD", "events[0].topic"))

    async def test_a_follower_that_is_cancelled_has_saved_what_it_handled(self):
        [result] = await self.client.publish([Event(topic="a")])
        store, hinted = MemoryStore(), asyncio.Event()

        async def handle(_):
            pass

        follow = Follow(self.client, ["a"], store=store, observe=lambda _: hinted.set())
        running = asyncio.create_task(follow.run(handle))
        await asyncio.wait_for(hinted.wait(), DEADLINE)
        running.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await running
        self.assertEqual(store.cursor, result.cursor)

    async def test_a_follower_that_is_cancelled_ends_though_news_comes_at_that_moment(self):
        loop = Loop(Follow(self.client, ["a"]), None)
        loop.wanted_at, loop.poll_in = inf, DEADLINE
        waiting = asyncio.create_task(loop.wait_until_due())
        await asyncio.wait([waiting], timeout=0)  # It runs until it waits.
        loop.changed.set()
        waiting.cancel()
        await asyncio.wait([waiting], timeout=DEADLINE / 2)
        self.assertTrue(waiting.cancelled())

    async def test_patterns_that_are_none_end_the_loop_with_the_hubs_reason(self):
        error = await self.until_failed(Follow(self.client, ["a/**/b"]), None)
        self.assertIsInstance(error, Error)
        self.assertEqual(error.reason, "INVALID_FIELD")


if __name__ == "__main__":
    unittest.main()
