package dev.hintwire.client;

/**
 * Handles events.
 *
 * @param <E> what it may fail with
 */
@FunctionalInterface
public interface Handler<E extends Exception> {
  /**
   * Handles one batch. The cursor is saved when this returns; an exception ends the loop, and the batch comes again in
   * the next run.
   */
  void handle(Batch batch) throws E;
}
