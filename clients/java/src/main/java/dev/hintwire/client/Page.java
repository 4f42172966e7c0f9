package dev.hintwire.client;

import dev.hintwire.v1.FetchResponse;
import dev.hintwire.v1.SnapshotResponse;
import java.time.Duration;

/** A batch, and what its answer says besides. */
record Page(Batch batch, boolean more, String nextToken, Duration pollAfter) {
  /** How many events are asked for at a time. */
  static final int EVENTS = 1000;

  static Page of(FetchResponse answer) {
    Batch batch = new Batch(answer.getEventsList(), answer.getNextCursor(), new Batch.Tail());
    return new Page(batch, answer.getHasMore(), "", Durations.of(answer.getPollAfter()));
  }

  static Page of(SnapshotResponse answer, boolean first) {
    String next = answer.getNextPageToken();
    Batch.Origin origin = new Batch.Snapshot(first, next.isEmpty());
    Batch batch = new Batch(answer.getEventsList(), answer.getCursor(), origin);
    return new Page(batch, !next.isEmpty(), next, Duration.ZERO);
  }

  boolean hasNews() {
    return batch.isSnapshot() || !batch.events().isEmpty();
  }
}
