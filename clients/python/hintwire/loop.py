"""The push-to-poll loop: hints say when to fetch, the cursor says from where; polling alone would do as well."""

import asyncio
from contextlib import aclosing, suppress
from math import inf
from random import random
from time import monotonic

import grpc

from .backoff import Backoff
from .batch import Batch, Notice
from .error import Error
from .v1 import hub_pb2 as v1

CONFIRMED = 15  # Seconds, as all these: how long the first message of a stream, which comes at once, may take.
HEARTBEAT, HEARTBEAT_MAX = 15, 120  # The interval of a hub that states none; the longest.
SILENCE = 3  # Heartbeats that may fail to come before a stream counts as dead.
GOOD = 30  # A stream that lasted this long was a good one: back-off starts again.
FETCH_AFTER_MAX, ASKED_MAX = 10, 300  # The longest waits that a hub may ask for.
POLL_LEAST, POLL_MOST = 1, 60  # The time between polls adapts between them.
SAVE_QUIET = 60  # How often a cursor is saved that moves without events.
PAGE_EVENTS = 1000  # The most events of a batch.


class Loop:
    """One run of a `Follow`: this half fetches and hands over, a task beside it listens."""

    def __init__(self, choices, handler):
        self.choices, self.client, self.handler = choices, choices.client, handler
        self.filters = {"topics": choices.topics, "types": choices.types, "attributes": choices.attributes}
        self.own = self.saved = ""  # The cursor: all before it is handled. Empty: nothing is.
        self.reading = choices.start  # "earliest" stands for the events after the cursor.
        self.page_token = ""  # Of the snapshot that is being read.
        self.since = self.saved_at = self.not_before = monotonic()  # Quiet since; no fetch before.
        self.poll_in = self.safety_in = POLL_LEAST
        self.wanted_at, self.wanted_cursor = self.since, ""  # The fetch that is due, and what it is to reach.
        self.listener: asyncio.Task | None = None
        self.streaming, self.changed = False, asyncio.Event()
        self.accepted = False  # The hub has taken who asks; that it does not any more may pass.
        self.retry, self.reopen = Backoff(0.2), Backoff(1)

    async def run(self):
        if stored := await self.choices.store.load():
            self.own, self.saved, self.reading = stored, stored, "earliest"
        try:
            while True:
                await self.wait_until_due()
                await self.read()
        finally:
            await self.stop_listening()

    async def wait_until_due(self):
        while (now := monotonic()) < (due := self.due()):
            save_at = inf if self.own in ("", self.saved) else self.saved_at + SAVE_QUIET
            if save_at <= now:
                await self.save()
                continue
            self.changed.clear()
            with suppress(TimeoutError):  # asyncio.wait_for may lose a cancellation, before Python 3.12.
                async with asyncio.timeout(min(due, save_at) - now):
                    await self.changed.wait()
            if self.listener and self.listener.done():
                self.listener.result()  # It ends by a mistake alone, which is raised here.

    def due(self) -> float:
        quiet = self.safety_in if self.streaming else self.poll_in
        return max(min(self.since + quiet, self.wanted_at), self.not_before)

    def want(self, at: float, cursor: str = ""):
        """Asks for a fetch. One that is due already is never postponed."""
        self.wanted_at, self.wanted_cursor = min(self.wanted_at, at), max(self.wanted_cursor, cursor)
        self.changed.set()

    async def read(self):
        """Fetches, hands over, saves: one thing at a time."""
        at_least, self.wanted_at, self.wanted_cursor = self.wanted_cursor, inf, ""
        snapshot = self.reading == "snapshot"
        try:
            page = await (self.snapshot() if snapshot else self.fetch(at_least))
        except Error as error:
            return await self.failed(error, at_least)
        self.retry.reset()
        self.accepted = True
        await (self.take_snapshot(page) if snapshot else self.take(page))

    async def fetch(self, at_least: str) -> v1.FetchResponse:
        latest = self.reading == "latest"
        place = {"from_start": v1.FetchRequest.START_LATEST} if latest else {"cursor": self.own}
        request = v1.FetchRequest(**self.filters, **place, limit=PAGE_EVENTS, at_least=at_least)
        request.omit_data = self.choices.omit_data
        return await self.client.fetch(request)

    async def take(self, page: v1.FetchResponse):
        if page.events:
            await self.handler(Batch(page.events, page.next_cursor))
        self.reading, self.own = "earliest", max(self.own, page.next_cursor)
        self.quiet_from_now(page)
        if self.wanted_cursor <= self.own:  # Hints that came meanwhile are answered by this page.
            self.wanted_at, self.wanted_cursor = inf, ""
        if page.events or not self.saved:
            await self.save()
        if page.has_more:
            self.want(monotonic())
        elif not self.choices.poll_only and not self.listener:
            self.listener = asyncio.create_task(self.listen())
            self.listener.add_done_callback(lambda _: self.changed.set())

    def quiet_from_now(self, page: v1.FetchResponse):
        advice = seconds(page.poll_after) if page.HasField("poll_after") else self.poll_in * 2
        longer = 1 + random() / 10  # So that followers that started together drift apart.
        self.poll_in = min(max(advice, POLL_LEAST), POLL_MOST) * longer
        self.safety_in = max(self.choices.safety_poll, 0.01) * longer
        self.since = monotonic()

    async def snapshot(self) -> v1.SnapshotResponse:
        request = v1.SnapshotRequest(topics=self.choices.topics, page_size=PAGE_EVENTS, page_token=self.page_token)
        request.omit_data = self.choices.omit_data
        return await self.client.snapshot(request)

    async def take_snapshot(self, page: v1.SnapshotResponse):
        first, last = not self.page_token, not page.next_page_token
        await self.handler(Batch(page.events, page.cursor, snapshot=True, first=first, last=last))
        self.page_token = page.next_page_token
        if last:
            self.reading, self.own = "earliest", page.cursor
            await self.save()
        self.want(monotonic())

    async def save(self):
        cursor = self.own
        await self.choices.store.save(cursor)
        self.saved, self.saved_at = cursor, monotonic()

    async def failed(self, error: Error, at_least: str):
        wait = min(error.retry_after or 0, ASKED_MAX) + self.retry.next_wait()
        if error.is_cursor and (start := self.choices.goes_on_from(error, self.reading)):
            await self.stop_listening()
            self.own, self.page_token, self.reading, at_least = "", "", start, ""
            self.wanted_at, self.wanted_cursor = inf, ""
            self.tell("cursor_lost", f"{error}; going on from {start}", error)
        elif error.is_transient or (self.accepted and error.code == grpc.StatusCode.UNAUTHENTICATED):
            self.tell("fetch_failed", f"{error}; next attempt in {wait:.1f} s", error)
        else:
            raise error
        self.not_before = monotonic() + wait
        self.want(self.not_before, at_least)

    def tell(self, *what):
        self.choices.observe(Notice(*what))

    async def stop_listening(self):
        listener, self.listener, self.streaming = self.listener, None, False
        if listener:
            listener.cancel()
            await asyncio.wait([listener])

    async def listen(self):
        """Opens one stream of hints after another."""
        while True:
            opened = monotonic()
            why, asked = await self.one_stream()
            if self.streaming:  # A crowd that loses its streams at once does not poll at once.
                self.streaming, self.since = False, monotonic()
            if monotonic() - opened >= GOOD:
                self.reopen.reset()
            wait = min(asked, ASKED_MAX) + self.reopen.next_wait()
            self.tell("polling", f"no stream of hints: {why}; next attempt in {wait:.1f} s")
            self.changed.set()
            await asyncio.sleep(wait)

    async def one_stream(self) -> tuple[str, float]:
        """Why the stream ended, and how long the hub asks to wait."""
        patience, end = CONFIRMED, ("the stream ended", 0)
        request, now = v1.SubscribeRequest(**self.filters, cursor=self.own), asyncio.get_running_loop().time
        try:
            async with aclosing(self.client.subscribe(request)) as hints, asyncio.timeout(patience) as silence:
                async for hint in hints:
                    self.heard(hint)
                    if hint.kind == v1.SubscribeResponse.KIND_RECONNECT:
                        end = "the hub asked to reconnect", seconds(hint.reconnect_after)
                    patience = SILENCE * (min(seconds(hint.heartbeat_interval), HEARTBEAT_MAX) or HEARTBEAT)
                    silence.reschedule(now() + patience)
            return end  # Read to its end, so that the hub does not take it for broken off.
        except TimeoutError:
            return f"nothing heard for {patience:.0f} s", 0
        except Error as error:
            if error.is_cursor:  # The next fetch finds out, and decides.
                self.want(monotonic())
            return str(error), error.retry_after or 0

    def heard(self, hint: v1.SubscribeResponse):
        if self.own < hint.cursor:
            self.want(monotonic() + min(seconds(hint.fetch_after), FETCH_AFTER_MAX), hint.cursor)
        else:
            self.own = max(self.own, hint.head)
        if not self.streaming:
            self.streaming = True
            self.changed.set()
            self.tell("hinted")


def seconds(duration) -> float:
    return max(duration.ToTimedelta().total_seconds(), 0)
