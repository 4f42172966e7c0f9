"""Where a follower without a cursor starts, and that it goes on where it stopped."""

from events import check_same, numbered
from lines import check


async def starts(world):
    hub = await world.hub()
    publisher = world.publisher(hub)
    old, newer, newest = numbered(10), numbered(10, 5), numbered(5, 20)
    for one in newer:
        one["id"] += "-newer"
    await publisher.publish(old + newer)

    paths = {start: world.cursor_file() for start in ("earliest", "latest", "snapshot")}
    followers = {start: await world.follow(hub, "--start", start, "--cursor-file", path)
                 for start, path in paths.items()}
    for follower in followers.values():
        await follower.until_notice("hinted")
    await publisher.publish(newest)

    live = old[:5] + newer
    wanted = {"earliest": old + newer + newest, "latest": newest, "snapshot": live + newest}
    for start, follower in followers.items():
        await follower.until_events(len(wanted[start]))
    # Whoever takes one more event has saved where all before it end; it may be stopped before it saves this one.
    mark = numbered(1, 30)
    await publisher.publish(mark)
    for start, follower in followers.items():
        wanted[start] = wanted[start] + mark
        await follower.until_events(len(wanted[start]))
        await follower.stop()
    check_snapshot(followers["snapshot"].events, live, newest + mark)
    for start in ("earliest", "latest"):
        check_same(followers[start].events, wanted[start], f"--start {start}")
        check(not any(event["snapshot"] for event in followers[start].events), f"--start {start} takes no snapshot")
    await go_on(world, hub, publisher, paths, mark)


def check_snapshot(events, live, tail):
    """The newest of each key, in the order of keys, marked; then the tail."""
    count = len(live)
    check(all(event["snapshot"] for event in events[:count]), "the snapshot is marked")
    check(not any(event["snapshot"] for event in events[count:]), "the tail is not marked")
    got = sorted(event["id"] for event in events[:count])
    check(got == sorted(event["id"] for event in live), "the snapshot has the newest event of each key")
    check_same(events[count:], tail, "after its snapshot the follower")


async def go_on(world, hub, publisher, paths, mark):
    """Once there is a cursor, the start does not matter."""
    more = numbered(5, 40)
    await publisher.publish(more)
    for start, path in paths.items():
        follower = await world.follow(hub, "--start", start, "--cursor-file", path)
        await follower.until_event(more[-1])
        await follower.stop()
        again = mark if follower.events[0]["id"] == mark[0]["id"] else []
        check_same(follower.events, again + more, f"the second run of --start {start}")
