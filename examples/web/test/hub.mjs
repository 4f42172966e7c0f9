/** A real hub for a test: the binary that HINTWIRE_BIN names, or the debug build. It can be killed and started again. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { connect, createClient, HubService } from "hintwire/node";

const BUILT = fileURLToPath(new URL("../../../target/debug/hintwire", import.meta.url));

export class Hub {
  #folder = mkdtempSync(join(tmpdir(), "hintwire-web-"));
  #settings;
  #child;
  url = "http://127.0.0.1:0";

  constructor(settings) {
    this.#settings = settings;
  }

  /** A hub that ends with the test at the latest, and its backlog with it. */
  static async start(test, ...settings) {
    const hub = new Hub(settings);
    test.after(() => hub.#remove());
    await hub.start();
    return hub;
  }

  /** Starts it at the address that it had before. */
  async start() {
    const { host } = new URL(this.url);
    const words = ["serve", "--data", this.#folder, "--listen", host, "--log-level", "error", ...this.#settings];
    this.#child = spawn(process.env.HINTWIRE_BIN ?? BUILT, words, { stdio: ["ignore", "pipe", "inherit"] });
    const [line] = await once(createInterface({ input: this.#child.stdout }), "line");
    this.url = line.split(" ").at(-1);
  }

  /** SIGKILL: nothing is said, nothing is tidied up. */
  async kill() {
    this.#child.kill("SIGKILL");
    await once(this.#child, "exit");
  }

  /** Publishes events over gRPC; their cursors. */
  async publish(events) {
    const { results } = await this.#call((hub) => hub.publish({ events }));
    return results.map(({ cursor }) => cursor);
  }

  /** The topics of everything that is in the backlog. */
  async topics() {
    const { topics } = await this.#call((hub) => hub.listTopics({ topics: ["**"] }));
    return topics.map(({ topic }) => topic);
  }

  async #call(call) {
    const { transport, close } = connect(this.url);
    try {
      return await call(createClient(HubService, transport));
    } finally {
      close();
    }
  }

  async #remove() {
    if (this.#child?.exitCode === null && this.#child.signalCode === null) await this.kill();
    rmSync(this.#folder, { recursive: true });
  }
}
