import { createClient, type Transport } from "@connectrpc/connect";

import type { HubError } from "./error.js";
import { HubService, type StoredEvent } from "./gen/hintwire/v1/hub_pb.js";
import { Loop } from "./loop.js";
import { MemoryStore, type CursorStore } from "./store.js";

/**
 * Where a follower without a cursor starts: at the earliest retained event; at the head, for news only; or with a
 * snapshot of the present state, then what changes.
 */
export type Start = "earliest" | "latest" | "snapshot";

/**
 * What to do when the cursor cannot be used: end with the error; take a snapshot and go on from its place; go on from the
 * earliest retained event; or do what the hub advises. A hub that says `action=FAIL` is heeded always.
 */
export type OnCursorError = "fail" | "snapshot" | "earliest" | "advised";

/** Events to handle, in order. */
export interface Batch {
  /** The events; never none, but in a page of a snapshot. */
  readonly events: readonly StoredEvent[];
  /** The place after them. It is saved when the handler has succeeded. */
  readonly cursor: string;
  /** The events are the newest of live keys, a page of the present state; else they came after all before. */
  readonly snapshot: boolean;
  /** The first page of a snapshot: what is not in this page or the following is gone. */
  readonly first: boolean;
  /** The last page of a snapshot: the state is complete. */
  readonly last: boolean;
}

/** Handles one batch. The cursor is saved when it has succeeded; a rejection ends the loop, and the batch comes again. */
export type Handler = (batch: Batch) => Promise<void> | void;

/** Something that an operator may want to know. */
export interface Notice {
  /**
   * `hinted`: the stream of hints is up. `polling`: there is none, so the loop polls. `fetch_failed`: a fetch is tried
   * again. `cursor_lost`: the loop goes on elsewhere, as its policy says.
   */
  readonly kind: "hinted" | "polling" | "fetch_failed" | "cursor_lost";
  /** Why, and what comes next. */
  readonly detail: string;
  /** What the hub said, with `fetch_failed` and `cursor_lost`. */
  readonly error?: HubError;
}

/** What can be chosen about a follower. */
export interface FollowOptions {
  /** Keeps the cursor. Default: in memory. */
  store?: CursorStore;
  /** Where to start while the store holds no cursor. Default: `earliest`. */
  start?: Start;
  /** What to do when the cursor cannot be used. Default: `fail`. */
  onCursorError?: OnCursorError;
  /** Only events of one of these types. A snapshot is filtered neither by types nor by attributes. */
  types?: string[];
  /** Only events with all of these attributes. */
  attributes?: Record<string, string>;
  /** Events come without their data; `dataSize` tells what is missing. */
  omitData?: boolean;
  /** No stream of hints: polls alone, when the hub advises. */
  pollOnly?: boolean;
  /** Fetches even without a hint when there was no fetch for this long. Default: 300,000, 5 min; at least 10. */
  safetyPollMs?: number;
  /** Told what happens to the loop. It must not throw. */
  observe?: (notice: Notice) => void;
  /** Stops the loop, after the batch that is being handled. */
  signal?: AbortSignal;
}

const DEFAULTS = {
  start: "earliest" as Start,
  onCursorError: "fail" as OnCursorError,
  types: [] as string[],
  attributes: {} as Record<string, string>,
  omitData: false,
  pollOnly: false,
  safetyPollMs: 300_000,
  observe: (_: Notice) => {},
};

/** What was chosen, with the defaults. */
export type Choices = typeof DEFAULTS & { store: CursorStore; topics: string[] };

/**
 * Follows patterns: hands every matching event to `handler`, at least once and in order, from the stored cursor on.
 * Resolves when `signal` stops it; rejects when the handler or the store fails, or, with a HubError, when the hub refuses
 * for good.
 */
export async function follow(
  transport: Transport,
  topics: string[],
  handler: Handler,
  { signal = new AbortController().signal, ...options }: FollowOptions = {},
): Promise<void> {
  const choices = { ...DEFAULTS, store: new MemoryStore(), ...options, topics };
  await new Loop(createClient(HubService, transport), choices, handler, signal).run();
}

/** Where the policy goes on when the cursor cannot be used; nothing if it ends with the error, or that is no such error. */
export function goesOnFrom(error: HubError, reading: Start, policy: OnCursorError): Start | undefined {
  const action = error.metadata["action"];
  if (!error.isCursor || action === "FAIL") return undefined;
  if (reading === "snapshot") return reading; // Retention overtook the snapshot half-way: it starts over.
  const start = policy === "advised" ? action?.toLowerCase() : policy;
  return start === "snapshot" || start === "earliest" ? start : undefined;
}
