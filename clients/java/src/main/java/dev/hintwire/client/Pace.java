package dev.hintwire.client;

import java.time.Duration;

/** When the next fetch is due. The clock is monotonic; its zero is when the follower began. */
final class Pace {
  private static final Duration POLL_LEAST = Duration.ofSeconds(1);
  private static final Duration POLL_MOST = Duration.ofMinutes(1);

  private final long began = System.nanoTime();
  private final Duration safetyPoll;
  /** For what hints, pages and failures asked for; null: nothing did. */
  private Duration due = Duration.ZERO;

  private Duration notBefore = Duration.ZERO;
  /** When the last fetch ended, or the stream was lost. */
  private Duration quiet = Duration.ZERO;

  private Duration pollIn = POLL_LEAST;
  private Duration safetyIn;
  private boolean hinted;

  Pace(Duration safetyPoll) {
    this.safetyPoll = safetyPoll;
    this.safetyIn = safetyPoll;
  }

  Duration now() {
    return Duration.ofNanos(System.nanoTime() - began);
  }

  /** Asks for a fetch. One that is due already is never postponed. */
  void want(Duration in) {
    Duration at = now().plus(in);
    due = due == null || at.compareTo(due) < 0 ? at : due;
  }

  /** No fetch begins before, whoever asks for one. */
  void rest(Duration in) {
    notBefore = now().plus(in);
    want(in);
  }

  /** What asked for a fetch is answered by the one that begins. */
  void begin() {
    due = null;
  }

  /** A page was taken: it is quiet from now on. */
  void fetched(Duration pollAfter) {
    quiet = now();
    pollIn = Durations.stretched(Durations.within(pollAfter, POLL_LEAST, POLL_MOST));
    safetyIn = Durations.stretched(safetyPoll);
  }

  /** The stream is up; true if that is new. */
  boolean hinted() {
    boolean isNew = !hinted;
    hinted = true;
    return isNew;
  }

  /** The stream is lost. A crowd that loses its streams at once does not poll at once. */
  void lost() {
    quiet = hinted ? now() : quiet;
    hinted = false;
  }

  /** How long until the next fetch: what was asked for, else the safety poll, or the poll if there is no stream. */
  Duration untilDue() {
    Duration at = quiet.plus(hinted ? safetyIn : pollIn);
    at = due != null && due.compareTo(at) < 0 ? due : at;
    return (at.compareTo(notBefore) < 0 ? notBefore : at).minus(now());
  }
}
