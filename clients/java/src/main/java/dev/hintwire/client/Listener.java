package dev.hintwire.client;

import dev.hintwire.v1.HubServiceGrpc;
import dev.hintwire.v1.SubscribeRequest;
import dev.hintwire.v1.SubscribeResponse;
import dev.hintwire.v1.SubscribeResponse.Kind;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor.DiscardPolicy;
import java.util.concurrent.TimeUnit;

/** Opens one stream of hints after another. What becomes of them never ends the loop: polling does without. */
final class Listener implements AutoCloseable {
  /** How long the first message may take, which comes at once. */
  private static final Duration CONFIRMED = Duration.ofSeconds(15);
  /** The heartbeat interval of a hub that states none, and the longest. */
  private static final Duration HEARTBEAT = Duration.ofSeconds(15);

  private static final Duration HEARTBEAT_MOST = Duration.ofMinutes(2);
  /** A stream that lasted this long starts the back-off again. */
  private static final long GOOD_NANOS = TimeUnit.SECONDS.toNanos(30);

  private final Follow chosen;
  private final Loop<?> loop;
  private final Backoff pause = new Backoff(Duration.ofSeconds(1));
  private final ScheduledThreadPoolExecutor timer =
      new ScheduledThreadPoolExecutor(1, Listener::daemon, new DiscardPolicy());
  private boolean started;
  private volatile boolean closed;
  private volatile Stream stream;

  Listener(Follow chosen, Loop<?> loop) {
    this.chosen = chosen;
    this.loop = loop;
    timer.setRemoveOnCancelPolicy(true);
  }

  private static Thread daemon(Runnable work) {
    Thread thread = new Thread(work, "hintwire-listener");
    thread.setDaemon(true);
    return thread;
  }

  /** Opens the first stream; the second time, nothing. Called by the thread that fetches. */
  void start() {
    if (!started) {
      started = true;
      timer.execute(this::open);
    }
  }

  /** The cursor was replaced: the stream is of no use any more. */
  void drop() {
    if (stream != null) {
      stream.drop();
    }
  }

  @Override
  public void close() {
    closed = true;
    timer.shutdownNow();
    drop();
  }

  private void open() {
    synchronized (loop) { // Or the cursor might be replaced in between.
      Stream next = new Stream();
      HubServiceGrpc.newStub(chosen.channel).subscribe(loop.subscription(), next);
      stream = next;
    }
  }

  private void ended(Stream ended, HubException failure) {
    loop.lost(failure != null && failure.isCursor());
    if (closed) {
      return;
    }
    if (System.nanoTime() - ended.opened >= GOOD_NANOS) {
      pause.reset();
    }
    Duration asked = failure == null ? ended.reconnectAfter : failure.retryAfter();
    Duration wait = Durations.asked(asked).plus(pause.next());
    chosen.channel.resetConnectBackoff(); // The loop has a back-off of its own.
    chosen.observer.accept(new Notice(Notice.Kind.POLLING, ended.why(failure), wait));
    timer.schedule(this::open, wait.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** One stream of hints. */
  final class Stream implements ClientResponseObserver<SubscribeRequest, SubscribeResponse> {
    private final long opened = System.nanoTime();
    private ClientCallStreamObserver<SubscribeRequest> call;
    private Future<?> silence;
    private Duration reconnectAfter = Duration.ZERO;
    private volatile String dropped;

    @Override
    public void beforeStart(ClientCallStreamObserver<SubscribeRequest> call) {
      this.call = call;
      watch(CONFIRMED);
    }

    @Override
    public void onNext(SubscribeResponse hint) {
      Duration stated = Durations.of(hint.getHeartbeatInterval());
      Duration heartbeat = stated.isZero() ? HEARTBEAT : Durations.within(stated, Duration.ZERO, HEARTBEAT_MOST);
      watch(heartbeat.multipliedBy(3));
      loop.heard(this, hint);
      if (hint.getKind() == Kind.KIND_RECONNECT) {
        reconnectAfter = Durations.of(hint.getReconnectAfter());
      }
    }

    @Override
    public void onError(Throwable failure) {
      silence.cancel(false);
      ended(this, HubException.from(failure));
    }

    @Override
    public void onCompleted() {
      silence.cancel(false);
      ended(this, null);
    }

    boolean isDropped() {
      return dropped != null;
    }

    private void drop() {
      drop("the cursor was replaced");
    }

    private void drop(String why) {
      dropped = why;
      call.cancel(why, null);
    }

    /** Gives the stream up unless something is heard within {@code patience}. */
    private void watch(Duration patience) {
      if (silence != null) {
        silence.cancel(false);
      }
      String why = "nothing heard for " + patience.toSeconds() + " s";
      silence = timer.schedule(() -> drop(why), patience.toNanos(), TimeUnit.NANOSECONDS);
    }

    private String why(HubException failure) {
      return dropped != null ? dropped : failure == null ? "the stream ended" : failure.getMessage();
    }
  }
}
