/** The push-to-poll loop: hints say when to fetch, the cursor says from where; polling alone would do as well. */

import type { CallOptions, Client } from "@connectrpc/connect";

import { HubError } from "./error.js";
import { goesOnFrom, type Choices, type Handler } from "./follow.js";
import { FetchRequest_Start, SubscribeResponse_Kind as Kind } from "./gen/hintwire/v1/hub_pb.js";
import type { FetchResponse, HubService, SubscribeResponse } from "./gen/hintwire/v1/hub_pb.js";
import { Backoff, millis, now, seconds, wait, Watchdog } from "./time.js";

const CALL = 30_000; // How long one fetch may take; this and all that follow in milliseconds.
const CONFIRMED = 15_000; // How long the first message of a stream, which comes at once, may take.
const [HEARTBEAT, HEARTBEAT_MAX] = [15_000, 120_000]; // The interval of a hub that states none; the longest.
const SILENCE = 3; // Heartbeats that may fail to come before a stream counts as dead.
const GOOD = 30_000; // A stream that lasted this long was a good one: back-off starts again.
const [FETCH_AFTER_MAX, ASKED_MAX] = [10_000, 300_000]; // The longest waits that a hub may ask for.
const [POLL_LEAST, POLL_MOST] = [1_000, 60_000]; // The time between polls adapts between them.
const SAVE_QUIET = 60_000; // How often a cursor is saved that moves without events.
const PAGE_EVENTS = 1_000; // The most events of a batch.
const NOTHING = { at: Infinity, cursor: "" };
const later = (one: string, other: string) => (one < other ? other : one);

/** One run of a follower: one half fetches and hands over, beside it the other listens. */
export class Loop {
  private own = ""; // The cursor: all before it is handled. Empty: nothing is.
  private saved = { cursor: "", at: now() };
  private pageToken = ""; // Of the snapshot that is being read.
  private wanted = { at: now(), cursor: "" }; // The fetch that is due, and what it is to reach.
  private notBefore = now();
  private quiet = { since: now(), poll: POLL_LEAST, safety: POLL_LEAST };
  private streaming = false;
  private accepted = false; // The hub has taken who asks; that it does not any more may pass.
  private listener: AbortController | undefined;
  private wake = () => {};
  private readonly retry = new Backoff(200);
  private readonly reopen = new Backoff(1_000);

  constructor(
    private readonly hub: Client<typeof HubService>,
    private readonly choices: Choices,
    private readonly handler: Handler,
    private readonly signal: AbortSignal,
    private reading = choices.start, // "earliest" stands for the events after the cursor.
  ) {}

  async run(): Promise<void> {
    const stored = await this.choices.store.load();
    if (stored) [this.own, this.saved.cursor, this.reading] = [stored, stored, "earliest"];
    try {
      for (await this.untilDue(); !this.signal.aborted; await this.untilDue()) {
        const atLeast = this.wanted.cursor;
        this.wanted = NOTHING;
        await (this.reading === "snapshot" ? this.readSnapshot() : this.readTail(atLeast));
      }
    } finally {
      this.stopListening();
    }
  }

  private async untilDue(): Promise<void> {
    while (!this.signal.aborted && this.due() > now()) {
      const saveAt = this.own && this.own !== this.saved.cursor ? this.saved.at + SAVE_QUIET : Infinity;
      if (saveAt <= now()) await this.save();
      else await wait(Math.min(this.due(), saveAt) - now(), this.signal, (wake) => (this.wake = wake));
    }
  }

  private due(): number {
    const { since, poll, safety } = this.quiet;
    return Math.max(Math.min(since + (this.streaming ? safety : poll), this.wanted.at), this.notBefore);
  }

  /** Asks for a fetch. One that is due already is never postponed. */
  private want(at: number, cursor = ""): void {
    this.wanted = { at: Math.min(this.wanted.at, at), cursor: later(this.wanted.cursor, cursor) };
    this.wake();
  }

  private async readTail(atLeast: string): Promise<void> {
    const { topics, types, attributes, omitData, pollOnly } = this.choices;
    const latest = { seek: { case: "fromStart", value: FetchRequest_Start.LATEST } } as const;
    const place = this.reading === "latest" ? latest : { cursor: this.own };
    const request = { topics, types, attributes, omitData, limit: PAGE_EVENTS, atLeast, ...place };
    const page = await this.answer((options) => this.hub.fetch(request, options), atLeast);
    if (!page) return;
    const { events, nextCursor: cursor } = page;
    const news = events.length > 0;
    if (news) await this.handler({ events, cursor, snapshot: false, first: false, last: false });
    [this.reading, this.own] = ["earliest", later(this.own, cursor)];
    this.quietFromNow(page);
    if (this.wanted.cursor <= this.own) this.wanted = NOTHING; // Hints that came meanwhile are answered by this page.
    if (news || !this.saved.cursor) await this.save();
    if (page.hasMore) this.want(now());
    else if (!pollOnly && !this.listener) void this.listen((this.listener = new AbortController()).signal);
  }

  private async readSnapshot(): Promise<void> {
    const { topics, omitData } = this.choices;
    const request = { topics, omitData, pageSize: PAGE_EVENTS, pageToken: this.pageToken };
    const page = await this.answer((options) => this.hub.snapshot(request, options));
    if (!page) return;
    const { events, cursor, nextPageToken } = page;
    await this.handler({ events, cursor, snapshot: true, first: !this.pageToken, last: !nextPageToken });
    this.pageToken = nextPageToken;
    if (!nextPageToken) [this.reading, this.own] = ["earliest", cursor];
    if (!nextPageToken) await this.save();
    this.want(now());
  }

  /** What the hub answers; nothing if the call failed and the loop goes on. */
  private async answer<T>(call: (options: CallOptions) => Promise<T>, atLeast = ""): Promise<T | undefined> {
    try {
      const answer = await call({ timeoutMs: CALL, signal: this.signal });
      this.retry.reset();
      this.accepted = true;
      return answer;
    } catch (thrown) {
      if (!this.signal.aborted) this.failed(HubError.from(thrown), atLeast);
      return undefined;
    }
  }

  private quietFromNow(page: FetchResponse): void {
    const advice = page.pollAfter ? millis(page.pollAfter) : this.quiet.poll * 2;
    const longer = 1 + Math.random() / 10; // So that followers that started together drift apart.
    const poll = Math.min(Math.max(advice, POLL_LEAST), POLL_MOST) * longer;
    this.quiet = { since: now(), poll, safety: Math.max(this.choices.safetyPollMs, 10) * longer };
  }

  private async save(): Promise<void> {
    const cursor = this.own;
    await this.choices.store.save(cursor);
    this.saved = { cursor, at: now() };
  }

  private failed(error: HubError, atLeast: string): void {
    const pause = Math.min(error.retryAfterMs ?? 0, ASKED_MAX) + this.retry.next();
    const start = goesOnFrom(error, this.reading, this.choices.onCursorError);
    if (start) {
      this.stopListening();
      [this.own, this.pageToken, this.reading, this.wanted] = ["", "", start, NOTHING];
      this.choices.observe({ kind: "cursor_lost", detail: `${error.message}; going on from ${start}`, error });
    } else if (error.isTransient || (this.accepted && error.code === "UNAUTHENTICATED")) {
      this.choices.observe({ kind: "fetch_failed", detail: `${error.message}; again in ${seconds(pause)}`, error });
    } else throw error;
    this.notBefore = now() + pause;
    this.want(this.notBefore, start ? "" : atLeast);
  }

  private stopListening(): void {
    this.listener?.abort();
    [this.listener, this.streaming] = [undefined, false];
  }

  /** Opens one stream of hints after another. */
  private async listen(signal: AbortSignal): Promise<void> {
    for (let opened = now(); ; opened = now()) {
      const [why, asked] = await this.oneStream(signal);
      if (signal.aborted) return;
      if (this.streaming) this.quiet.since = now(); // A crowd that loses its streams at once does not poll at once.
      this.streaming = false;
      if (now() - opened >= GOOD) this.reopen.reset();
      const pause = Math.min(asked, ASKED_MAX) + this.reopen.next();
      this.choices.observe({ kind: "polling", detail: `no stream of hints: ${why}; again in ${seconds(pause)}` });
      this.wake();
      await wait(pause, signal);
    }
  }

  /** Why the stream ended, and how long the hub asks to wait. */
  private async oneStream(signal: AbortSignal): Promise<[string, number]> {
    const watch = new Watchdog(CONFIRMED);
    const { topics, types, attributes } = this.choices;
    const request = { topics, types, attributes, cursor: this.own };
    let end: [string, number] = ["the stream ended", 0];
    try {
      for await (const hint of this.hub.subscribe(request, { signal: AbortSignal.any([signal, watch.signal]) })) {
        this.heard(hint);
        if (hint.kind === Kind.RECONNECT) end = ["the hub asked to reconnect", millis(hint.reconnectAfter)];
        watch.alive(SILENCE * (Math.min(millis(hint.heartbeatInterval), HEARTBEAT_MAX) || HEARTBEAT));
      }
      return end; // Read to its end, so that the hub does not take it for broken off.
    } catch (thrown) {
      if (watch.signal.aborted) return [`nothing heard for ${seconds(watch.patience)}`, 0];
      const error = HubError.from(thrown);
      if (error.isCursor) this.want(now()); // The next fetch finds out, and decides.
      return [error.message, error.retryAfterMs ?? 0];
    } finally {
      watch.stop();
    }
  }

  private heard(hint: SubscribeResponse): void {
    if (this.own < hint.cursor) this.want(now() + Math.min(millis(hint.fetchAfter), FETCH_AFTER_MAX), hint.cursor);
    else this.own = later(this.own, hint.head);
    if (!this.streaming) this.choices.observe({ kind: "hinted", detail: "" });
    this.streaming = true;
    this.wake();
  }
}
