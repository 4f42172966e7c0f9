/** A headless Chromium, and servers of pages. */

import { createServer } from "node:http";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import { context } from "esbuild";
import { chromium } from "playwright-core";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A browser, which ends with this process at the latest. Signals are left to the program. */
export function launch(...flags) {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  const signals = { handleSIGHUP: false, handleSIGINT: false, handleSIGTERM: false };
  return chromium.launch({ executablePath, args: [...FLAGS, ...flags], ...signals });
}

/** A browser that ends with the test. */
export async function browser(test, ...flags) {
  const started = await launch(...flags);
  test.after(() => started.close());
  return started;
}

/** Serves the example; its origin. */
export async function example(test) {
  const folder = fileURLToPath(new URL("..", import.meta.url));
  const building = await context({
    absWorkingDir: folder,
    entryPoints: ["src/app.ts"],
    bundle: true,
    outdir: "public",
    logLevel: "warning",
  });
  test.after(() => building.dispose());
  const { port } = await building.serve({ servedir: "public", host: "127.0.0.1" });
  return `http://127.0.0.1:${port}`;
}

/** Serves an empty page to everybody; its origin. */
export async function emptyPage(test) {
  const server = createServer((_, answer) => answer.setHeader("content-type", "text/html").end("<title>A page</title>"));
  server.listen(0, "127.0.0.1");
  test.after(() => server.closeAllConnections() ?? server.close());
  await once(server, "listening");
  return `http://127.0.0.1:${server.address().port}`;
}
