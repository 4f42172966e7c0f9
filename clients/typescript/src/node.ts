/** What only Node has: gRPC over HTTP/2, and files. */

import { open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";

import type { Transport } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";

import { cursorIn, type CursorStore } from "./store.js";

export * from "./index.js";

/** One event of the largest size that a hub can be configured to take, and room for its frame. */
const ANSWER_BYTES = 17 << 20;

/** A hub at `url`, e.g. `http://127.0.0.1:7450`, over one connection that is made with the first call and when it is lost. */
export interface Connection {
  transport: Transport;
  /** Closes the connection, which keeps the process running while it is open. */
  close(): void;
}

/** Prepares a connection; the hub need not be up yet. */
export function connect(url: string): Connection {
  const sessions = new Http2SessionManager(url, { pingIntervalMs: 20_000, pingTimeoutMs: 10_000 });
  const transport = createGrpcTransport({ baseUrl: url, sessionManager: sessions, readMaxBytes: ANSWER_BYTES });
  return { transport, close: () => sessions.abort() };
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
