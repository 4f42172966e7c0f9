package dev.hintwire.client;

/** Where a follower without a cursor starts. */
public enum Start {
  /** At the earliest retained event. */
  EARLIEST,
  /** At the head: news only. */
  LATEST,
  /** With a snapshot of the present state, then what changes. */
  SNAPSHOT
}
