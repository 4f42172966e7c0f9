/** Clocks, waits and back-off, all in milliseconds. */

import { durationMs, type Duration } from "@bufbuild/protobuf/wkt";

/** Longest time that a timer can take; nobody waits for weeks here. */
const MOST = 2 ** 31 - 1;

/** A clock that never goes back. */
export const now = (): number => performance.now();

/** What the hub states; nothing, if it is absent or negative. */
export function millis(stated: Duration | undefined): number {
  return stated ? Math.max(durationMs(stated), 0) : 0;
}

/** For people. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** Waits so long, until `signal` aborts, or until what `wake` is told is called. */
export function wait(ms: number, signal: AbortSignal, wake: (call: () => void) => void = () => {}): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, signal.aborted ? 0 : Math.min(ms, MOST));
    signal.addEventListener("abort", done);
    wake(done);
  });
}

/** Aborts its signal when it is not told in time that there was a sign of life, or when it is stopped. */
export class Watchdog {
  #dead = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(public patience: number) {
    this.alive(patience);
  }

  get signal(): AbortSignal {
    return this.#dead.signal;
  }

  /** The next sign of life is to come within `patience`. */
  alive(patience: number): void {
    this.patience = patience;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#dead.abort(), patience);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#dead.abort();
  }
}

/** Full jitter: a wait is uniform between nothing and a bound that doubles with each failure. */
export class Backoff {
  #failures = 0;

  constructor(
    readonly base: number,
    readonly most = 30_000,
  ) {}

  next(): number {
    return Math.random() * Math.min(this.base * 2 ** Math.min(this.#failures++, 31), this.most);
  }

  /** Starts again from the base: what failed has worked. */
  reset(): void {
    this.#failures = 0;
  }
}
