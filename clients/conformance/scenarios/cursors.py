"""Cursors that cannot be used, and what each policy makes of them."""

import asyncio
import shutil

from events import check_same, numbered
from lines import check
from scenarios.starts import check_snapshot

POLICIES = ("fail", "snapshot", "earliest", "advised")
SMALL = ("--segment-bytes", "64KiB", "--retention-events", "50")


async def followers(world, hub, cursor):
    """A follower of each policy, with the cursor in its file."""
    return {policy: await world.follow(hub, "--cursor-file", world.cursor_file(cursor), "--on-cursor-error", policy)
            for policy in POLICIES}


async def fails_with(reason, *failing):
    """A follower that gives up says why, and hands over nothing."""
    for follower in failing:
        got = await follower.until_failed()
        check(got == reason, f"the reason is {reason}, not {got}")
        check(not follower.events, f"{reason}: nothing is handed over")


async def goes_on(follower, count):
    """A follower that goes on says that it lost its cursor, before the first event."""
    await follower.until_events(count)
    await follower.stop()
    check(follower.notices.count("cursor_lost") == 1, "the loss is told, once")
    told = next(at for at, line in enumerate(follower.said) if line.get("notice") == "cursor_lost")
    check(not any("event" in line for line in follower.said[:told]), "the loss is told before the first event")


async def trimmed(world):
    """Retention has passed the cursor; the hub keeps the newest of each key, so it advises a snapshot."""
    hub = await world.hub(*SMALL)
    publisher = world.publisher(hub)
    events = numbered(5)
    cursor = (await publisher.publish(events))[0]["cursor"]
    while (await hub.ask("cursor", cursor))["state"] != "TRIMMED":
        more = numbered(50, first=len(events), size=4096)
        await publisher.publish(more)
        events += more
    plays = await followers(world, hub, cursor)
    await fails_with("CURSOR_TRIMMED", plays["fail"])
    for policy in ("snapshot", "advised"):
        await goes_on(plays[policy], len(events))
        check_snapshot(plays[policy].events, events, [])
    last = plays["earliest"]
    await last.until_event(events[-1])
    await goes_on(last, 1)
    check(len(last.events) < len(events), "what is lost is lost")
    check_same(last.events, events[-len(last.events):], "--on-cursor-error earliest")


async def foreign(world):
    """The cursor is of another backlog; this hub keeps no newest, so it advises the earliest."""
    other, hub = await asyncio.gather(world.hub(), world.hub("--keep-latest=false"))
    cursor = (await world.publisher(other).publish(numbered(1)))[0]["cursor"]
    events = numbered(30)
    await world.publisher(hub).publish(events)
    plays = await followers(world, hub, cursor)
    await fails_with("CURSOR_FOREIGN", plays["fail"])
    for policy in ("earliest", "advised"):
        await goes_on(plays[policy], len(events))
        check_same(plays[policy].events, events, f"--on-cursor-error {policy}")
    await goes_on(plays["snapshot"], len(events))
    check_snapshot(plays["snapshot"].events, events, [])


async def ahead(world):
    """The backlog lost its end: a person decides, whatever the policy says."""
    hub = await world.hub()
    publisher = world.publisher(hub)
    await publisher.publish(numbered(5))
    await hub.stop()
    copy = hub.folder / "copy"
    shutil.copytree(hub.data, copy)
    await hub.start()
    cursor = (await publisher.publish(numbered(5, 5)))[-1]["cursor"]
    await hub.stop()
    hub.wipe()
    copy.rename(hub.data)
    await hub.start()
    plays = await followers(world, hub, cursor)
    await fails_with("CURSOR_AHEAD", *plays.values())


async def malformed(world):
    """No token at all: a person decides."""
    hub = await world.hub()
    await world.publisher(hub).publish(numbered(5))
    plays = await followers(world, hub, "yesterday")
    await fails_with("CURSOR_MALFORMED", *plays.values())
