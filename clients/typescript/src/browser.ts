/** What only a browser has: gRPC-Web, and the storage of an origin. */

import type { Transport } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";

import { cursorIn, type CursorStore } from "./store.js";
import { sending, type Token } from "./token.js";

export * from "./index.js";

/** How to be let in. */
export interface ConnectOptions {
  /** Asked for a bearer token before each call. */
  token?: Token | undefined;
}

/** A hub at `url`, which must allow the page's origin (`allowed_origins`), by gRPC-Web. */
export function connect(url: string, { token }: ConnectOptions = {}): Transport {
  return createGrpcWebTransport({ baseUrl: url, interceptors: sending(token) });
}

/** Keeps the cursor in the page's localStorage, under a name; one follower a name. */
export class LocalStorageStore implements CursorStore {
  constructor(readonly name: string) {}

  load(): string | undefined {
    const cursor = localStorage.getItem(this.name);
    return cursor === null ? undefined : cursorIn(cursor, `localStorage ${this.name}`);
  }

  save(cursor: string): void {
    localStorage.setItem(this.name, cursor);
  }
}
