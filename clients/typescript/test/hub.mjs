/** A real hub for a test: the binary that HINTWIRE_BIN names, or the debug build. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const BUILT = fileURLToPath(new URL("../../../target/debug/hintwire", import.meta.url));

/** A hub on a port of its own, its backlog in memory; it ends with the test at the latest. */
export async function hub(test, ...settings) {
  const words = ["serve", "--ephemeral", "--listen", "127.0.0.1:0", "--log-level", "error", ...settings];
  const child = spawn(process.env.HINTWIRE_BIN ?? BUILT, words, { stdio: ["ignore", "pipe", "inherit"] });
  test.after(() => child.kill("SIGKILL"));
  const [line] = await once(createInterface({ input: child.stdout }), "line");
  const url = line.split(" ").at(-1);
  return { url, address: new URL(url).host, stop: () => child.kill("SIGTERM") };
}
