"""How often a follower asks: the hub counts, not the client."""

from events import check_same, numbered
from lines import check


async def one_a_hint(world):
    """One event at a time: one hint each. A burst: the hub merges hints, so fetches are merged too."""
    hub = await world.hub("--min-interval", "500ms")
    publisher = world.publisher(hub)
    follower = await world.follow(hub)
    await follower.until_notice("hinted")
    events = numbered(15)
    for count, event in enumerate(events, 1):
        await publisher.publish([event])
        await follower.until_events(count)
    await publisher.publish(numbered(30, topic="other/topic"))
    burst = numbered(300, first=1000)
    await publisher.publish(burst)
    await follower.until_events(len(events + burst))
    await follower.stop()
    await hub.stop()
    check_same(follower.events, events + burst)

    times = hub.call_times("Fetch")
    fetches, began = len(times), hub.call_times("Publish")[len(events) + 30]
    # One at the start, one more if that had nothing to say yet, one for each event that came alone.
    alone = sum(time < began for time in times)
    check(alone <= 2 + len(events), f"{alone} fetches for {len(events)} events that came alone")
    hints = 2 + (times[-1] - began) / 0.5
    check(fetches - alone <= hints, f"{fetches - alone} fetches for at most {hints:.0f} hints of a burst")


async def pages_of_a_backlog(world):
    """What is far behind catches up page by page, and waits for nothing between them."""
    hub = await world.hub()
    events = numbered(100, size=100_000)
    await world.publisher(hub).publish(events)
    follower = await world.follow(hub, "--poll-only")
    await follower.until_events(len(events))
    await follower.stop()
    await hub.stop()
    check_same(follower.events, events)
    # A page has at most 1 MiB, and a poll is due a second after the last at the earliest.
    times = hub.call_times("Fetch")
    check(len(times) >= 10, f"{len(times)} fetches for 10 MB")
    check(times[9] - times[0] < 9, "a page that says has_more is followed by another at once")


async def one_a_safety_interval(world):
    """Nothing happens, so nothing is fetched but once an interval; and what no hint tells is found by it."""
    interval = 2
    hub = await world.hub("--heartbeat-interval", "1s")
    follower = await world.follow(hub, "--safety-poll", interval)
    await follower.until_notice("hinted")
    await hub.until_called("Fetch", 4, "three safety polls")
    await follower.stop()
    await hub.stop()
    times = hub.call_times("Fetch")
    # The first two are the start: one before the stream, one that its first message may ask for.
    gaps = [b - a for a, b in zip(times[1:], times[2:])]
    check(min(gaps) > 0.95 * interval, f"safety polls came after {min(gaps):.2f} s, not {interval} s")
    check(len(hub.calls("Subscribe")) == 1, "the stream was kept")


async def polls_alone(world):
    """No stream; a poll when the hub advises, never more than one a second when nothing comes."""
    hub = await world.hub()
    publisher = world.publisher(hub)
    events = numbered(12)
    await publisher.publish(events[:4])
    follower = await world.follow(hub, "--poll-only")
    await follower.until_events(4)
    await publisher.publish(events[4:8])
    await follower.until_events(8)
    await publisher.publish(events[8:])
    await follower.until_events(12)
    await follower.stop()
    await hub.stop()
    check_same(follower.events, events)
    check(not hub.calls("Subscribe"), "a follower that only polls opens no stream")
    times = hub.call_times("Fetch")
    gaps = [b - a for a, b in zip(times, times[1:])]
    check(min(gaps) > 0.9, f"polls came {min(gaps):.2f} s apart: less than the second that the hub advises")
