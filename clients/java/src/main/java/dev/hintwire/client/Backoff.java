package dev.hintwire.client;

import java.time.Duration;

/**
 * Full jitter: the wait is uniform between nothing and a bound that doubles with each failure up to 30 s, so that a
 * crowd that failed together does not come back together.
 */
final class Backoff {
  private static final Duration MOST = Duration.ofSeconds(30);

  private final Duration base;
  private int failures;

  Backoff(Duration base) {
    this.base = base;
  }

  Duration next() {
    Duration bound = base.multipliedBy(1L << Math.min(failures++, 16));
    return Durations.part(Durations.within(bound, Duration.ZERO, MOST));
  }

  void reset() {
    failures = 0;
  }
}
