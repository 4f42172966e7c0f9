"""The hub goes away, again and again, and so does the follower."""

from events import check_same, numbered, plain
from lines import check

PHASE = 60


async def killed_and_restarted(world):
    """The hub is killed twice and the follower once; events are published all the while."""
    hub = await world.hub()
    publisher = world.publisher(hub)
    path = world.cursor_file()
    events = numbered(4 * PHASE)
    phases = [events[at:at + PHASE] for at in range(0, len(events), PHASE)]

    # It takes its time, so that it is killed in the midst of a page.
    first = await world.follow(hub, "--cursor-file", path, "--handler-delay", "0.01")
    await publisher.publish(phases[0])
    await first.until_events(PHASE // 2)
    await hub.kill()
    await hub.start()
    await publisher.publish(phases[1])
    await first.until_events(PHASE + PHASE // 2)

    await first.kill()
    taken = len(first.events)
    second = await world.follow(hub, "--cursor-file", path)
    await publisher.publish(phases[2])
    await second.until_events(PHASE)
    await hub.kill()
    await hub.start()
    await publisher.publish(phases[3])
    await second.until_event(events[-1])
    await second.stop()
    judge(events, taken, first.events, second.events)


def judge(events, taken, first, second):
    """Each life in itself is exact; only across its own kill may the follower get something twice, since it
    was killed between handling and saving."""
    check_same(first, events[:taken], "the follower that was killed")
    start = next(at for at, event in enumerate(events) if event["id"] == second[0]["id"])
    check(start <= taken, f"events {taken} to {start} are missing between the two lives")
    check(start > 0, "the second life begins at its cursor, not anew")
    check_same(second, events[start:], "the follower after its kill")
    check(list(map(plain, first[:start] + second)) == list(map(plain, events)), "together: exactly the events")


async def another_backlog(world):
    """The hub loses its backlog under a follower that streams: it is told so, and does as its policy says."""
    hub = await world.hub()
    publisher = world.publisher(hub)
    heeds = await world.follow(hub, "--on-cursor-error", "advised")
    fails = await world.follow(hub, "--on-cursor-error", "fail")
    await publisher.publish(numbered(10))
    for follower in (heeds, fails):
        await follower.until_events(10)
        await follower.until_notice("hinted")
    await hub.kill()
    hub.wipe()
    await hub.start()
    await publisher.publish(numbered(10, 100))
    reason = await fails.until_failed()
    check(reason == "CURSOR_FOREIGN", f"a cursor of a lost backlog is CURSOR_FOREIGN, not {reason}")
    await heeds.until_notice("cursor_lost")
    await heeds.until(lambda _: len({event["id"] for event in heeds.events}) >= 20, "the events of the new backlog")
    await heeds.stop()
