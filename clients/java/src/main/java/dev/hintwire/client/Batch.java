package dev.hintwire.client;

import dev.hintwire.v1.StoredEvent;
import java.util.List;

/**
 * Events to handle, in order.
 *
 * @param events never none, but in a page of a snapshot
 * @param cursor the place after them; it is saved when the handler has succeeded
 * @param origin where they come from
 */
public record Batch(List<StoredEvent> events, String cursor, Origin origin) {
  /** Where the events of a batch come from. */
  public sealed interface Origin {}

  /** They were published after all that was handled before. */
  public record Tail() implements Origin {}

  /**
   * They are the newest events of live keys, a page of the present state.
   *
   * @param first the first page: what is not in this page or the following is gone
   * @param last the last page: the state is complete
   */
  public record Snapshot(boolean first, boolean last) implements Origin {}

  /** Whether they are a page of a snapshot. */
  public boolean isSnapshot() {
    return origin instanceof Snapshot;
  }
}
