package dev.hintwire.client;

import java.io.IOException;

/**
 * Keeps the cursor of one follower. It is saved after the events before it were handled; a cursor that is lost means
 * that events are handled again, never that one is missed.
 */
public interface CursorStore {
  /** The cursor that was saved last; empty if there never was one. */
  String load() throws IOException;

  /** Keeps {@code cursor} in place of the one before. */
  void save(String cursor) throws IOException;

  /** A store that ends with the process. */
  static CursorStore inMemory() {
    return new CursorStore() {
      private volatile String cursor = "";

      @Override
      public String load() {
        return cursor;
      }

      @Override
      public void save(String cursor) {
        this.cursor = cursor;
      }
    };
  }
}
