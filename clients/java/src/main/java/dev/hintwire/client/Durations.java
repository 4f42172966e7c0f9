package dev.hintwire.client;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** What the hub states, and what is made of it. */
final class Durations {
  private static final Duration ASKED_MOST = Duration.ofMinutes(5);

  private Durations() {}

  /** Absent is zero. */
  static Duration of(com.google.protobuf.Duration stated) {
    return Duration.ofSeconds(stated.getSeconds(), stated.getNanos());
  }

  /** A delay that a hub asks for, within reason. */
  static Duration asked(Duration delay) {
    return within(delay, Duration.ZERO, ASKED_MOST);
  }

  static Duration within(Duration time, Duration least, Duration most) {
    return time.compareTo(least) < 0 ? least : time.compareTo(most) > 0 ? most : time;
  }

  /** Up to a tenth longer, so that followers that started together drift apart. */
  static Duration stretched(Duration time) {
    return time.plus(part(time.dividedBy(10)));
  }

  /** A random part of it. */
  static Duration part(Duration time) {
    return Duration.ofNanos(ThreadLocalRandom.current().nextLong(time.toNanos() + 1));
  }
}
