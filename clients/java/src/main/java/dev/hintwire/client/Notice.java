package dev.hintwire.client;

import java.time.Duration;

/**
 * Something that an operator may want to know.
 *
 * @param kind what happened
 * @param why in words; empty with {@link Kind#HINTED}
 * @param retryAfter when the stream or the fetch is tried again
 */
public record Notice(Kind kind, String why, Duration retryAfter) {
  /** What can happen to the loop. */
  public enum Kind {
    /** The stream of hints is up: fetches follow hints. */
    HINTED,
    /** There is no stream of hints: until the next {@link #HINTED} the loop polls. */
    POLLING,
    /** A fetch failed and is tried again. */
    FETCH_FAILED,
    /** The cursor could not be used; the loop goes on elsewhere, as its policy says. */
    CURSOR_LOST
  }
}
