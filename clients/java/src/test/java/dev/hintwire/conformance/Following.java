package dev.hintwire.conformance;

import com.google.gson.JsonObject;
import dev.hintwire.client.Batch;
import dev.hintwire.client.FileStore;
import dev.hintwire.client.Follow;
import dev.hintwire.client.Notice;
import dev.hintwire.client.OnCursorError;
import dev.hintwire.client.Start;
import dev.hintwire.v1.StoredEvent;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.Locale;

/** {@code conformance follow} */
final class Following {
  private Following() {}

  static void run(Words words) throws Exception {
    String[] topics = words.all("--topic").toArray(String[]::new);
    Follow follow =
        Follow.of(Connection.open(words), topics)
            .start(Start.valueOf(capitals(words.get("--start", "earliest"))))
            .onCursorError(OnCursorError.valueOf(capitals(words.get("--on-cursor-error", "fail"))))
            .observe(Following::print);
    words.first("--cursor-file").map(Path::of).map(FileStore::new).ifPresent(follow::store);
    words.seconds("--safety-poll").ifPresent(follow::safetyPoll);
    if (words.has("--poll-only")) {
      follow.pollOnly();
    }
    Duration delay = words.seconds("--handler-delay").orElse(Duration.ZERO);
    follow.<InterruptedException>run(batch -> handle(batch, delay));
  }

  private static String capitals(String word) {
    return word.toUpperCase(Locale.ROOT);
  }

  /** Takes its time for each event, then prints it. */
  private static void handle(Batch batch, Duration delay) throws InterruptedException {
    for (StoredEvent stored : batch.events()) {
      Thread.sleep(delay.toMillis());
      print(stored, batch.isSnapshot());
    }
  }

  private static void print(StoredEvent stored, boolean snapshot) {
    var event = stored.getEvent();
    JsonObject fields = new JsonObject();
    fields.addProperty("topic", event.getTopic());
    fields.addProperty("key", event.getKey());
    fields.addProperty("id", event.getId());
    fields.addProperty("cursor", stored.getCursor());
    fields.addProperty("deleted", event.getDeleted());
    fields.addProperty("data_base64", Base64.getEncoder().encodeToString(event.getData().toByteArray()));
    fields.addProperty("snapshot", snapshot);
    JsonObject line = new JsonObject();
    line.add("event", fields);
    Line.print(line);
  }

  private static void print(Notice notice) {
    JsonObject line = new JsonObject();
    line.addProperty("notice", notice.kind().name().toLowerCase(Locale.ROOT));
    line.addProperty("detail", notice.why());
    Line.print(line);
  }
}
