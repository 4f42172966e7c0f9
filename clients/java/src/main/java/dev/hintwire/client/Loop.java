package dev.hintwire.client;

import dev.hintwire.v1.FetchRequest;
import dev.hintwire.v1.HubServiceGrpc;
import dev.hintwire.v1.HubServiceGrpc.HubServiceBlockingStub;
import dev.hintwire.v1.SubscribeRequest;
import dev.hintwire.v1.SubscribeResponse;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** The push-to-poll loop: the thread that runs it fetches and hands over; a {@link Listener} tells it when. */
final class Loop<E extends Exception> {
  /** How long one fetch may take. */
  private static final Duration FETCH = Duration.ofSeconds(30);
  /** How often a cursor is saved that moves without events. */
  private static final Duration SAVE_QUIET = Duration.ofMinutes(1);

  private static final Duration FETCH_AFTER_MOST = Duration.ofSeconds(10);

  private final Follow chosen;
  private final Handler<E> handler;
  private final Listener listener;
  private final Backoff retry = new Backoff(Duration.ofMillis(200));
  private Start reading;
  /** The hub has taken who asks; that it does not any more may pass. */
  private boolean accepted;

  private String nextToken = "";
  private String saved = "";
  private Duration savedAt = Duration.ZERO;

  // Shared with the listener, and guarded by this.
  private final Pace pace;
  /** All before it is handled. */
  private String own = "";
  /** The newest cursor heard of. */
  private String reach = "";

  Loop(Follow chosen, Handler<E> handler) {
    this.chosen = chosen;
    this.handler = handler;
    this.pace = new Pace(chosen.safetyPoll);
    this.listener = new Listener(chosen, this);
  }

  void run() throws E, HubException, IOException, InterruptedException {
    own = saved = chosen.store.load();
    reading = own.isEmpty() ? chosen.start : Start.EARLIEST;
    try (listener) {
      while (true) {
        awaitDue();
        try {
          take(read());
        } catch (StatusRuntimeException failure) {
          refused(HubException.from(failure));
        }
      }
    }
  }

  /** Waits until a fetch is due. A cursor that hints moved meanwhile is saved now and then. */
  private synchronized void awaitDue() throws IOException, InterruptedException {
    for (Duration wait = pace.untilDue(); wait.compareTo(Duration.ZERO) > 0; wait = pace.untilDue()) {
      if (!own.isEmpty() && !own.equals(saved) && pace.now().compareTo(savedAt.plus(SAVE_QUIET)) >= 0) {
        save(own);
      }
      TimeUnit.NANOSECONDS.timedWait(this, wait.toNanos());
    }
    pace.begin();
  }

  /** Fetches one page: of the snapshot, or of what comes after the cursor. */
  private Page read() {
    HubServiceBlockingStub hub =
        HubServiceGrpc.newBlockingStub(chosen.channel).withDeadlineAfter(FETCH.toSeconds(), TimeUnit.SECONDS);
    if (reading == Start.SNAPSHOT) {
      return Page.of(hub.snapshot(chosen.snapshot().setPageToken(nextToken).build()), nextToken.isEmpty());
    }
    return Page.of(hub.fetch(fetchRequest()));
  }

  private synchronized FetchRequest fetchRequest() {
    FetchRequest.Builder request = chosen.fetch().setCursor(own).setAtLeast(reach);
    return reading == Start.LATEST ? request.setFromStart(FetchRequest.Start.START_LATEST).build() : request.build();
  }

  /** Hands a page over, saves where it ends, and goes on from there. */
  private void take(Page page) throws E, IOException {
    retry.reset();
    accepted = true;
    if (page.hasNews()) {
      handler.handle(page.batch());
    }
    if (goOn(page)) {
      save(page.batch().cursor());
    }
    if (!page.more() && !page.batch().isSnapshot() && !chosen.pollOnly) {
      listener.start(); // Caught up: from now on a stream says something new.
    }
  }

  /** Goes on after a page; true if its cursor is to be saved now. */
  private synchronized boolean goOn(Page page) {
    pace.fetched(page.pollAfter());
    if (page.more()) {
      pace.want(Duration.ZERO);
    }
    nextToken = page.nextToken();
    if (page.batch().isSnapshot() && page.more()) {
      return false;
    }
    reading = Start.EARLIEST;
    if (page.batch().isSnapshot()) {
      jump(page.batch().cursor());
      return true;
    }
    own = later(own, page.batch().cursor());
    return page.hasNews() || saved.isEmpty();
  }

  private void save(String cursor) throws IOException {
    chosen.store.save(cursor);
    saved = cursor;
    savedAt = pace.now();
  }

  /** Goes on from another cursor, which need not be later; what the stream says of the old one is of no use. */
  private void jump(String cursor) {
    own = cursor;
    reach = "";
    pace.want(Duration.ZERO);
    listener.drop();
  }

  /** Decides what follows a fetch that failed: another attempt, another cursor, or the end. */
  private synchronized void refused(HubException failure) throws HubException {
    Duration wait = Durations.asked(failure.retryAfter()).plus(retry.next());
    Notice.Kind kind = Notice.Kind.FETCH_FAILED;
    if (failure.isCursor()) {
      // A snapshot that was overtaken half-way starts over.
      OnCursorError policy = reading == Start.SNAPSHOT ? OnCursorError.SNAPSHOT : chosen.onCursorError;
      Optional<Start> next = policy.after(failure.metadata().getOrDefault("action", ""));
      reading = next.orElseThrow(() -> failure);
      nextToken = "";
      jump("");
      kind = Notice.Kind.CURSOR_LOST;
    } else if (!failure.isTransient() && !(accepted && failure.code() == Status.Code.UNAUTHENTICATED)) {
      throw failure;
    }
    chosen.channel.resetConnectBackoff(); // The loop has a back-off of its own.
    pace.rest(wait);
    chosen.observer.accept(new Notice(kind, failure.getMessage(), wait));
  }

  synchronized SubscribeRequest subscription() {
    return chosen.subscribe().setCursor(own).build();
  }

  /** The rule for messages of every kind: it moves the cursor, or asks for a fetch. */
  synchronized void heard(Listener.Stream stream, SubscribeResponse hint) {
    if (stream.isDropped()) {
      return; // Tokens of another life are not compared with the cursor.
    }
    if (pace.hinted()) {
      chosen.observer.accept(new Notice(Notice.Kind.HINTED, "", Duration.ZERO));
    }
    if (own.compareTo(hint.getCursor()) >= 0) {
      own = later(own, hint.getHead());
    } else {
      reach = later(reach, hint.getCursor());
      pace.want(Durations.within(Durations.of(hint.getFetchAfter()), Duration.ZERO, FETCH_AFTER_MOST));
    }
    notifyAll();
  }

  /** The stream is lost; if it was for its cursor, the next fetch finds out about that. */
  synchronized void lost(boolean forItsCursor) {
    pace.lost();
    if (forItsCursor) {
      pace.want(Duration.ZERO);
    }
    notifyAll();
  }

  private static String later(String one, String other) {
    return one.compareTo(other) < 0 ? other : one;
  }
}
