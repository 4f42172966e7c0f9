package dev.hintwire.client;

import java.util.Optional;

/**
 * What to do when the cursor cannot be used. A hub that says {@code action=FAIL} (the token is none, or the backlog has
 * lost its end) is heeded always: the loop ends, and a person decides.
 */
public enum OnCursorError {
  /** End with the error. */
  FAIL,
  /** Take a snapshot, then go on from its place. */
  SNAPSHOT,
  /** Go on from the earliest retained event; what lies before it is lost to this follower. */
  EARLIEST,
  /** Do what the hub advises: a snapshot if it holds every live key, else the earliest. */
  ADVISED;

  /** What is read next when the hub advises {@code action}; empty if a person is to decide. */
  Optional<Start> after(String action) {
    String next = this == ADVISED ? action : name();
    if (action.equals("FAIL")) {
      return Optional.empty();
    }
    return switch (next) {
      case "SNAPSHOT" -> Optional.of(Start.SNAPSHOT);
      case "EARLIEST" -> Optional.of(Start.EARLIEST);
      default -> Optional.empty();
    };
  }
}
