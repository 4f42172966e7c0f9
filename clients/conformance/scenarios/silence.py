"""A stream that is open, but brings nothing more."""

from events import check_same, numbered
from lines import check

BEATS = ("--heartbeat-interval", "1s")


async def paused(world):
    """The hub stands still for longer than three heartbeats, then goes on."""
    hub = await world.hub(*BEATS)
    publisher = world.publisher(hub)
    follower = await world.follow(hub)
    await follower.until_notice("hinted")
    await publisher.publish(numbered(10))
    await follower.until_events(10)
    before = follower.notices.count("polling")
    hub.pause()
    # Long before a ping without an answer would end the connection, after 30 s.
    await follower.until_notice("polling", before + 1, seconds=25)
    hub.resume()
    await publisher.publish(numbered(10, 10))
    await follower.until_events(20)
    await follower.until_notice("hinted", 2)
    await publisher.publish(numbered(10, 20))
    await follower.until_events(30)
    await follower.stop()
    check_same(follower.events, numbered(30))


async def stalled(world):
    """The connection stays open and silent for ever; only a new one brings anything."""
    hub = await world.hub(*BEATS)
    proxy = await world.proxy(hub)
    publisher = world.publisher(hub)
    follower = await world.follow(proxy)
    await follower.until_notice("hinted")
    await publisher.publish(numbered(10))
    await follower.until_events(10)
    proxy.stall()
    await publisher.publish(numbered(10, 10))
    await follower.until_notice("polling")
    await follower.until_events(20)
    await follower.until_notice("hinted", 2)
    await publisher.publish(numbered(10, 20))
    await follower.until_events(30)
    await follower.stop()
    check_same(follower.events, numbered(30))
    check(proxy.accepted >= 2, "a new connection was made")


async def quiet_topic(world):
    """Nothing matches while retention passes the follower's last event: signs of life move its cursor along."""
    hub = await world.hub(*BEATS, "--segment-bytes", "64KiB", "--retention-events", "50")
    proxy = await world.proxy(hub)
    publisher = world.publisher(hub)
    follower = await world.follow(proxy)
    await follower.until_notice("hinted")
    last = (await publisher.publish(numbered(5)))[-1]["cursor"]
    await follower.until_events(5)
    others = 0
    while (await hub.ask("cursor", last))["state"] != "TRIMMED":
        await publisher.publish(numbered(10, others, topic="other/topic", size=4096))
        others += 10
        await proxy.until_told(2)
    await publisher.publish(numbered(5, 5))
    await follower.until_events(10)
    check(follower.notices == ["hinted"], f"nothing is lost: {follower.notices}")
    await follower.stop()
    check_same(follower.events, numbered(10))
