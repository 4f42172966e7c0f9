/** The program of the browser for clients/conformance/run.py: the TypeScript client in a headless Chromium. */

import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { build } from "esbuild";
import { FileStore, MemoryStore } from "hintwire/node";

import { launch } from "../test/browser.mjs";

/** The hub must allow it; nobody listens there, for the page is served out of memory. */
const ORIGIN = "http://127.0.0.1:8001";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    hub: { type: "string", default: "127.0.0.1:7450" },
    topic: { type: "string", multiple: true, default: [] },
    "cursor-file": { type: "string" },
    start: { type: "string", default: "earliest" },
    "on-cursor-error": { type: "string", default: "fail" },
    "poll-only": { type: "boolean", default: false },
    "safety-poll": { type: "string", default: "300" },
    "handler-delay": { type: "string", default: "0" },
    "token-file": { type: "string" },
  },
});
const hub = `http://${values.hub}`;

async function program() {
  const entry = fileURLToPath(new URL("page.ts", import.meta.url));
  const { outputFiles } = await build({ entryPoints: [entry], bundle: true, write: false });
  return outputFiles[0].text;
}

async function opened(browser) {
  const page = await browser.newPage();
  const store = values["cursor-file"] ? new FileStore(values["cursor-file"]) : new MemoryStore();
  await page.exposeFunction("say", say);
  await page.exposeFunction("load", () => store.load());
  await page.exposeFunction("save", (cursor) => store.save(cursor));
  const file = values["token-file"];
  if (file) await page.exposeFunction("token", async () => (await readFile(file, "utf8")).trim());
  const body = `<!doctype html><title>Conformance</title><script>${await program()}</script>`;
  await page.route(`${ORIGIN}/`, (route) => route.fulfill({ contentType: "text/html; charset=utf-8", body }));
  await page.goto(`${ORIGIN}/`);
  return page;
}

function say(line) {
  console.log(JSON.stringify(line));
}

async function follow(page) {
  process.once("SIGTERM", () => page.evaluate(() => window.stop()).catch(() => {})); // It may be gone first.
  const options = {
    start: values.start,
    onCursorError: values["on-cursor-error"],
    pollOnly: values["poll-only"],
    safetyPollMs: 1000 * Number(values["safety-poll"]),
  };
  const words = [hub, values.topic, 1000 * Number(values["handler-delay"]), options];
  return page.evaluate((words) => window.followTopics(...words), words);
}

async function publish(page) {
  for await (const line of createInterface({ input: process.stdin })) {
    const words = [hub, JSON.parse(line)];
    const failure = await page.evaluate((words) => window.publishLine(...words), words);
    if (failure) return failure;
  }
}

// A page out of memory is from nowhere, and would have to ask the person before it may reach this machine.
const browser = await launch("--disable-features=LocalNetworkAccessChecks");
const page = await opened(browser);
const failure = await (positionals[0] === "publish" ? publish(page) : follow(page));
if (failure) {
  console.error(failure.message);
  say({ failed: failure.reason || failure.code });
}
await browser.close();
process.exit(failure ? 1 : 0);
