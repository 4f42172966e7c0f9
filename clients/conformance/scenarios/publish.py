"""Publishing: answers, repeats, refusals."""

from events import check_same, event, numbered
from lines import check


async def publish(world):
    hub = await world.hub()
    publisher = world.publisher(hub)
    events = numbered(20)
    first = await publisher.publish(events)
    cursors = [answer["cursor"] for answer in first]
    check(all(a < b for a, b in zip(cursors, cursors[1:])), "cursors increase")
    check(not any(answer["duplicate"] for answer in first), "nothing is a duplicate at first")

    again = await publisher.publish(events)
    check([answer["cursor"] for answer in again] == cursors, "a repeat is answered with the first cursor")
    check(all(answer["duplicate"] for answer in again), "a repeat is a duplicate")

    other = event(key="k0", id="id-0", data=b"something else")
    reason = await publisher.refused(other)
    check(reason == "ID_CONFLICT", f"the same id with other content is ID_CONFLICT, not {reason}")
    reason = await publisher.refused(event(topic="no//topic"))
    check(reason == "INVALID_FIELD", f"a topic that is none is INVALID_FIELD, not {reason}")

    follower = await world.follow(hub)
    await follower.until_events(len(events))
    await follower.stop()
    check_same(follower.events, events)
    check([one["cursor"] for one in follower.events] == cursors, "events carry the cursors of their answers")
