"""The CloudEvents SDK for Python, which is not ours, publishes to a hub and reads its feed.

    feed_client.py HUB_BINARY        needs cloudevents from PyPI
"""

import json
import subprocess
import sys
import urllib.request

from cloudevents.core.bindings.http import HTTPMessage, from_structured, to_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

FORMAT = JSONFormat()
BATCH = "application/cloudevents-batch+json"


def ask(url, headers=None, body=None):
    request = urllib.request.Request(url, body, headers or {})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def read(event):
    """One event of a feed, as the SDK sees it."""
    return from_structured(HTTPMessage({"content-type": FORMAT.CONTENT_TYPE}, json.dumps(event).encode()), FORMAT)


def play(hub):
    said = [
        CloudEvent({"id": "1", "source": "/sdk", "type": "com.example.a", "subject": "k☃"}, {"n": [1, "ä"]}),
        CloudEvent({"id": "2", "source": "/sdk", "type": "com.example.b"}, b"\x00\xff"),
        CloudEvent({"id": "3", "source": "/sdk", "type": "com.example.c", "datacontenttype": "text/xml"}, "<ä/>"),
    ]
    first = to_structured(said[0], FORMAT)
    ask(f"{hub}/v1/events", first.headers, first.body)
    batch = b"[" + b",".join(FORMAT.write(event) for event in said) + b"]"
    results = ask(f"{hub}/v1/events", {"content-type": BATCH}, batch)["results"]
    assert [result["duplicate"] for result in results] == [True, False, False], results
    last, seen = "null", []
    while page := ask(f"{hub}/v1/feed?topic=sdk&limit=2&lastEventId={last}"):
        seen += [read(event) for event in page]
        last = page[-1]["id"]
    assert [event.get_attributes()["hintwireid"] for event in seen] == ["1", "2", "3"]
    assert [event.get_source() for event in seen] == ["/sdk"] * 3
    assert (seen[0].get_subject(), seen[0].get_data()) == ("k☃", {"n": [1, "ä"]})
    assert seen[1].get_data() == b"\x00\xff" and seen[2].get_data() == "<ä/>".encode()
    assert ask(f"{hub}/v1/feed?topic=sdk&timeout=100&lastEventId={last}") == []


def main(binary):
    command = [binary, "serve", "--ephemeral", "--listen", "127.0.0.1:0", "--log-level", "error"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as hub:
        try:
            play(hub.stdout.readline().removeprefix("listening on ").strip())
        finally:
            hub.terminate()
    print("the CloudEvents SDK published 3 events and read them back")


main(sys.argv[1])
