"""Streams that end in order, and handlers that take their time."""

import time

from events import check_same, numbered
from lines import check


async def asked_to_reconnect(world):
    """The hub ends each stream after about a second: the follower comes back, and misses nothing."""
    hub = await world.hub("--stream-age", "1s")
    publisher = world.publisher(hub)
    follower = await world.follow(hub)
    events = []
    for times in range(1, 4):
        await follower.until_notice("hinted", times)
        more = numbered(10, len(events))
        await publisher.publish(more)
        events += more
        await follower.until_events(len(events))
    await hub.until_called("Subscribe", 3, "three streams to end")
    await follower.stop()
    await hub.stop()
    check_same(follower.events, events)
    # What the follower left itself, when it was stopped, has no code. That of gRPC-Web is in the body: HTTP's is logged.
    codes = [call.get("code", call.get("status")) for call in hub.calls("Subscribe")]
    check(codes.count("Ok") + codes.count(200) >= 3, f"streams are read to their end: {codes}")


async def slow_handler(world):
    """Three followers take longer for a page than a stream may be silent: their streams stay, the fast one is not held
    up, and the hub keeps nothing for them."""
    hub = await world.hub("--heartbeat-interval", "1s")
    publisher = world.publisher(hub)
    delay = 0.2
    slow = [await world.follow(hub, "--handler-delay", delay) for _ in range(3)]
    fast = await world.follow(hub)
    for follower in (*slow, fast):
        await follower.until_notice("hinted")
    # What the hub keeps in memory of any backlog is full after this.
    await publisher.publish(numbered(400, topic="other/topic", size=50_000))
    before = hub.memory()
    # A page has at most 1 MiB: a slow one takes 20 events at a time, for 4 s.
    events, began = numbered(160, size=50_000), time.monotonic()
    await publisher.publish(events)
    await fast.until_events(len(events))
    grown = hub.memory() - before
    check(all(len(follower.events) < len(events) for follower in slow), "the fast one is not held up")
    check(grown < 16 << 20, f"the hub grew by {grown} bytes while three followers were 8 MB behind each")
    for follower in (*slow, fast):
        await follower.until_events(len(events))
    check(time.monotonic() - began >= delay * len(events), "--handler-delay is for each event")
    for follower in (*slow, fast):
        check(follower.notices == ["hinted"], f"no stream is given up: {follower.notices}")
        await follower.stop()
        check_same(follower.events, events)
