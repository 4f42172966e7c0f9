package dev.hintwire.client;

import dev.hintwire.v1.FetchRequest;
import dev.hintwire.v1.SnapshotRequest;
import dev.hintwire.v1.SubscribeRequest;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Follows patterns: hands every matching event to a handler, at least once and in order, from the stored cursor on.
 *
 * <pre>{@code
 * Follow.of(Hub.open("127.0.0.1:7450"), "releases/**")
 *     .store(new FileStore(Path.of("follow.cursor")))
 *     .run(batch -> batch.events().forEach(System.out::println));
 * }</pre>
 */
public final class Follow {
  final ManagedChannel channel;
  final List<String> topics;
  final Map<String, String> attributes = new HashMap<>();
  List<String> types = List.of();
  boolean omitData;
  CursorStore store = CursorStore.inMemory();
  Start start = Start.EARLIEST;
  OnCursorError onCursorError = OnCursorError.FAIL;
  boolean pollOnly;
  Duration safetyPoll = Duration.ofMinutes(5);
  Consumer<Notice> observer = notice -> {};

  private Follow(ManagedChannel channel, List<String> topics) {
    this.channel = channel;
    this.topics = topics;
  }

  /** Follows what matches one of {@code topics}, with a cursor in memory, from the earliest event on. */
  public static Follow of(ManagedChannel channel, String... topics) {
    return new Follow(channel, List.of(topics));
  }

  /** Keeps the cursor in {@code store} instead of in memory. */
  public Follow store(CursorStore store) {
    this.store = store;
    return this;
  }

  /** Where to start while the store holds no cursor. Default: {@link Start#EARLIEST}. */
  public Follow start(Start start) {
    this.start = start;
    return this;
  }

  /** What to do when the cursor cannot be used. Default: {@link OnCursorError#FAIL}. */
  public Follow onCursorError(OnCursorError policy) {
    this.onCursorError = policy;
    return this;
  }

  /** Only events of one of these types. A snapshot is not filtered. */
  public Follow types(String... types) {
    this.types = List.of(types);
    return this;
  }

  /** Only events with this attribute; may be called again for more. A snapshot is not filtered. */
  public Follow attribute(String key, String value) {
    this.attributes.put(key, value);
    return this;
  }

  /** Events come without their data; {@code data_size} tells what is missing. */
  public Follow omitData() {
    this.omitData = true;
    return this;
  }

  /** No stream of hints: polls alone, when the hub advises. */
  public Follow pollOnly() {
    this.pollOnly = true;
    return this;
  }

  /** Fetches even without a hint when there was no fetch for this long. Default: 5 min; at least 10 ms. */
  public Follow safetyPoll(Duration after) {
    this.safetyPoll = Durations.within(after, Duration.ofMillis(10), Duration.ofDays(365));
    return this;
  }

  /** Tells {@code observer} what happens to the loop. It must not block. */
  public Follow observe(Consumer<Notice> observer) {
    this.observer = observer;
    return this;
  }

  /**
   * Runs until the handler or the store fails, the hub refuses for good, or the thread is interrupted.
   *
   * @throws HubException the hub refuses, or the policy for cursors says to end
   * @throws IOException the cursor could not be loaded or saved
   * @throws InterruptedException the thread was interrupted: the way to stop it
   * @throws E the handler failed
   */
  public <E extends Exception> void run(Handler<E> handler) throws E, HubException, IOException, InterruptedException {
    new Loop<>(this, handler).run();
  }

  FetchRequest.Builder fetch() {
    return FetchRequest.newBuilder()
        .addAllTopics(topics)
        .addAllTypes(types)
        .putAllAttributes(attributes)
        .setOmitData(omitData)
        .setLimit(Page.EVENTS);
  }

  SnapshotRequest.Builder snapshot() {
    return SnapshotRequest.newBuilder().addAllTopics(topics).setOmitData(omitData).setPageSize(Page.EVENTS);
  }

  SubscribeRequest.Builder subscribe() {
    return SubscribeRequest.newBuilder().addAllTopics(topics).addAllTypes(types).putAllAttributes(attributes);
  }
}
