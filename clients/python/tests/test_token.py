"""Tokens that end, and tokens that cannot be had, with a hub that takes one token at a time."""

import asyncio
import unittest

import grpc

from hintwire import Client, Error, Follow
from hintwire.v1 import hub_pb2 as v1
from hintwire.v1.hub_pb2_grpc import HubServiceServicer, add_HubServiceServicer_to_server

DEADLINE = 30


class Guarded(HubServiceServicer):
    """Takes one token, which can be exchanged, and has no events."""

    def __init__(self, token: str):
        self.token, self.took = token, asyncio.Queue()

    async def Fetch(self, request, context):
        if dict(context.invocation_metadata()).get("authorization") != f"Bearer {self.token}":
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, "the token is unknown")
        self.took.put_nowait(self.token)
        return v1.FetchResponse(next_cursor="1")


class TokenTest(unittest.IsolatedAsyncioTestCase):
    async def follow(self, hub, token, observe=lambda notice: None):
        """Starts the hub, and polls it with a token."""
        server = grpc.aio.server()
        add_HubServiceServicer_to_server(hub, server)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        self.addAsyncCleanup(server.stop, None)
        client = await self.enterAsyncContext(Client(f"127.0.0.1:{port}", token=token))
        running = asyncio.create_task(Follow(client, ["a"], poll_only=True, observe=observe).run(None))
        self.addCleanup(running.cancel)
        return running

    async def until(self, hub, token, running):
        """Waits until the hub has taken a token, unless the loop ends before."""
        while True:
            taking = asyncio.create_task(hub.took.get())
            await asyncio.wait([taking, running], timeout=DEADLINE, return_when=asyncio.FIRST_COMPLETED)
            self.assertFalse(running.done() and running.exception())
            self.assertTrue(taking.done(), "nothing was taken")
            if taking.result() == token:
                return

    async def test_a_token_that_the_hub_never_took_ends_the_loop(self):
        running = await self.follow(Guarded("good"), lambda: "bad")
        with self.assertRaises(Error) as raised:
            await asyncio.wait_for(running, DEADLINE)
        self.assertEqual(raised.exception.code, grpc.StatusCode.UNAUTHENTICATED)

    async def test_a_token_that_ends_is_asked_for_anew(self):
        hub, token = Guarded("first"), ["first"]
        running = await self.follow(hub, lambda: token[-1], lambda notice: token.append("second"))
        await self.until(hub, "first", running)
        hub.token = "second"
        await self.until(hub, "second", running)

    async def test_a_callback_that_fails_is_tried_again(self):
        hub, failures, told = Guarded("good"), [OSError("the issuer is away"), ValueError("and again")], []

        async def token():
            if failures:
                raise failures.pop(0)
            return "good"

        running = await self.follow(hub, token, told.append)
        await self.until(hub, "good", running)
        self.assertEqual([notice.kind for notice in told], ["fetch_failed"] * 2)
        self.assertIn("the issuer is away", told[0].detail)


if __name__ == "__main__":
    unittest.main()
