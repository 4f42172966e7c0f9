package dev.hintwire.examples;

import dev.hintwire.client.FileStore;
import dev.hintwire.client.Follow;
import dev.hintwire.client.Hub;
import dev.hintwire.client.OnCursorError;
import dev.hintwire.v1.StoredEvent;
import java.nio.file.Path;

/**
 * Follows everything: hints say when to fetch, the cursor in a file says from where. Stop it, publish something, start
 * it again: nothing is missed.
 */
public final class FollowEverything {
  private FollowEverything() {}

  public static void main(String[] arguments) throws Exception {
    // The hub need not be up yet.
    Follow.of(Hub.open("127.0.0.1:7450"), "**")
        .store(new FileStore(Path.of("follow.cursor")))
        .onCursorError(OnCursorError.ADVISED)
        .observe(System.err::println)
        .run(
            batch -> {
              for (StoredEvent stored : batch.events()) {
                var event = stored.getEvent();
                System.out.println(stored.getCursor() + " " + event.getTopic() + " " + event.getData().toStringUtf8());
              }
              // The cursor is saved after this: an event is handled again rather than lost.
            });
  }
}
