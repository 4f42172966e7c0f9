"""What is published, and the judgement of what arrives."""

import base64

from lines import check

FIELDS = ("topic", "key", "id", "deleted", "data_base64")


def event(topic="news/a", key="", id="", data=b"", content_type="application/octet-stream", deleted=False):
    coded = base64.b64encode(data).decode()
    if deleted:
        content_type = ""
    return {"topic": topic, "key": key, "id": id, "content_type": content_type, "data_base64": coded,
            "deleted": deleted}


def numbered(count, first=0, topic="news/a", size=0):
    """Events that differ, with ids; at least `size` bytes each."""
    numbers = range(first, first + count)
    return [event(topic, f"k{n}", f"id-{n}", str(n).encode().ljust(size, b".")) for n in numbers]


def plain(event):
    """What must be the same on both sides."""
    return {field: event[field] for field in FIELDS}


def name(event):
    return f"{event['topic']} {event['id'] or event['key']}"


def check_same(got, wanted, who="the follower"):
    """The same events, in the same order, none missing, none twice, and their cursors increase."""
    for at, (one, other) in enumerate(zip(got, wanted)):
        check(plain(one) == plain(other), f"{who} got {name(one)} as event {at}, not {name(other)}")
    check(len(got) == len(wanted), f"{who} got {len(got)} events, not {len(wanted)}")
    check_increasing(got, who)


def check_increasing(got, who="the follower"):
    cursors = [one["cursor"] for one in got]
    check(all(a < b for a, b in zip(cursors, cursors[1:])), f"{who} got cursors that do not increase")
