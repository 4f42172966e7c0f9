"""What a user chooses about a follower."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Literal

from .batch import Batch, Notice
from .client import Client
from .error import Error
from .loop import Loop
from .store import CursorStore, MemoryStore

#: Where a follower without a cursor starts: at the earliest retained event; at the head, for news only; or with a
#: snapshot of the present state, then what changes.
Start = Literal["earliest", "latest", "snapshot"]

#: What to do when the cursor cannot be used: end with the error; take a snapshot and go on from its place; go on from
#: the earliest retained event; or do what the hub advises. A hub that says `action=FAIL` is heeded always.
OnCursorError = Literal["fail", "snapshot", "earliest", "advised"]


@dataclass
class Follow:
    """Follows patterns: hands every matching event to a handler, at least once and in order.

    An exception of the handler ends `run`; the cursor lies before its batch, which comes again in the next run.
    """

    client: Client
    topics: Sequence[str]
    _: KW_ONLY
    #: Where the cursor is kept: by default in memory.
    store: CursorStore = field(default_factory=MemoryStore)
    #: Where to start while the store holds no cursor.
    start: Start = "earliest"
    on_cursor_error: OnCursorError = "fail"
    #: Only events of one of these types. A snapshot is filtered neither by types nor by attributes.
    types: Sequence[str] = ()
    #: Only events with all of these attributes.
    attributes: Mapping[str, str] = field(default_factory=dict)
    #: Events come without their data; `data_size` tells what is missing.
    omit_data: bool = False
    #: No stream of hints: polls alone, when the hub advises.
    poll_only: bool = False
    #: Fetches even without a hint when there was no fetch for so many seconds; at least 0.01.
    safety_poll: float = 300.0
    #: Told what happens to the loop. It must not block.
    observe: Callable[[Notice], None] = lambda notice: None

    async def run(self, handler: Callable[[Batch], Awaitable[None]]) -> None:
        """Runs until the handler or the store fails, or the hub refuses for good. Cancel it to stop."""
        await Loop(self, handler).run()

    def goes_on_from(self, error: Error, reading: Start) -> Start | None:
        """Where the policy goes on when the cursor cannot be used; None: it ends with the error."""
        action, policy = error.metadata.get("action", ""), self.on_cursor_error
        if reading == "snapshot":  # Retention overtook the snapshot half-way: it starts over.
            policy = "snapshot"
        elif policy == "advised":
            policy = action.lower()
        return policy if action != "FAIL" and policy in ("snapshot", "earliest") else None
