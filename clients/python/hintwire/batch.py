"""What a follower hands over, and what it tells about itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from .error import Error
from .v1 import hub_pb2 as v1


@dataclass(frozen=True)
class Batch:
    """Events to handle, in order."""

    #: The events; never none, but in a page of a snapshot.
    events: Sequence[v1.StoredEvent]
    #: The place after them. It is saved when the handler has returned.
    cursor: str
    #: The events are the newest of live keys, a page of the present state; else they came after all before.
    snapshot: bool = False
    #: The first page of a snapshot: what is not in this page or the following is gone.
    first: bool = False
    #: The last page of a snapshot: the state is complete.
    last: bool = False


@dataclass(frozen=True)
class Notice:
    """Something that an operator may want to know."""

    #: `hinted`: the stream of hints is up. `polling`: there is none, so the loop polls. `fetch_failed`: a fetch is
    #: tried again. `cursor_lost`: the loop goes on elsewhere, as its policy says.
    kind: Literal["hinted", "polling", "fetch_failed", "cursor_lost"]
    #: Why, and what comes next.
    detail: str = ""
    #: What the hub said, with `fetch_failed` and `cursor_lost`.
    error: Error | None = None
