/** What only Node has: gRPC over HTTP/2, and files. */

import { readFileSync } from "node:fs";
import { open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";

import type { Transport } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";

import { cursorIn, type CursorStore } from "./store.js";
import { sending, type Token } from "./token.js";

export * from "./index.js";

/** One event of the largest size that a hub can be configured to take, and room for its frame. */
const ANSWER_BYTES = 17 << 20;

/** A hub at `url`, e.g. `http://127.0.0.1:7450`, over one connection that is made with the first call and when it is lost. */
export interface Connection {
  transport: Transport;
  /** Closes the connection, which keeps the process running while it is open. */
  close(): void;
}

/** Whom to trust, and how to say who one is, to a hub at `https://`. Files are PEM, and are read once, by `connect`. */
export interface Tls {
  /** The certificates that the hub's may be signed by. Default: those that Node comes with. */
  ca?: string | undefined;
  /** The client's own, for a hub that asks for one, and its key. Default: none. */
  certificate?: string | undefined;
  key?: string | undefined;
}

/** How to be let in. */
export interface ConnectOptions {
  tls?: Tls | undefined;
  /** Asked for a bearer token before each call. */
  token?: Token | undefined;
}

/** Prepares a connection; the hub need not be up yet. */
export function connect(url: string, { tls = {}, token }: ConnectOptions = {}): Connection {
  const pings = { pingIntervalMs: 20_000, pingTimeoutMs: 10_000 };
  const sessions = new Http2SessionManager(url, pings, read(tls));
  const interceptors = sending(token);
  const transport = createGrpcTransport({ baseUrl: url, sessionManager: sessions, interceptors, readMaxBytes: ANSWER_BYTES });
  return { transport, close: () => sessions.abort() };
}

function read({ ca, certificate, key }: Tls): { ca?: Buffer; cert?: Buffer; key?: Buffer } {
  const files = Object.entries({ ca, cert: certificate, key }).filter((file): file is [string, string] => !!file[1]);
  return Object.fromEntries(files.map(([name, path]) => [name, readFileSync(path)]));
}

/**
 * Keeps the cursor in a file: one line. The file is replaced as a whole and synced, so after a crash it holds the old
 * cursor or the new one. The folder must exist; one follower a file.
 */
export class FileStore implements CursorStore {
  constructor(readonly path: string) {}

  async load(): Promise<string | undefined> {
    try {
      return cursorIn(await readFile(this.path, "utf8"), `cursor file ${this.path}`);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") {
        return undefined;
      }
      throw error;
    }
  }

  async save(cursor: string): Promise<void> {
    const temporary = `${this.path}.tmp`;
    await synced(temporary, "w", (file) => file.writeFile(`${cursor}\n`));
    await rename(temporary, this.path);
    if (process.platform !== "win32") {
      await synced(dirname(this.path), "r"); // Makes the rename durable.
    }
  }
}

type File = Awaited<ReturnType<typeof open>>;

async function synced(path: string, flags: string, write: (file: File) => Promise<void> = async () => {}): Promise<void> {
  const file = await open(path, flags);
  try {
    await write(file);
    await file.sync();
  } finally {
    await file.close();
  }
}
