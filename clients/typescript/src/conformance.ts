/** The program of this client for clients/conformance/run.py: follow or publish, in JSON lines. */

import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";

import {
  connect,
  createClient,
  FileStore,
  follow,
  HubError,
  HubService,
  MemoryStore,
  type Batch,
  type OnCursorError,
  type Start,
} from "./node.js";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    hub: { type: "string", default: "127.0.0.1:7450" },
    "tls-ca": { type: "string" },
    "tls-cert": { type: "string" },
    "tls-key": { type: "string" },
    "token-file": { type: "string" },
    topic: { type: "string", multiple: true, default: [] },
    "cursor-file": { type: "string" },
    start: { type: "string", default: "earliest" },
    "on-cursor-error": { type: "string", default: "fail" },
    "poll-only": { type: "boolean", default: false },
    "safety-poll": { type: "string", default: "300" },
    "handler-delay": { type: "string", default: "0" },
  },
});
const { "tls-ca": ca, "tls-cert": certificate, "tls-key": key, "token-file": file } = values;
const { transport } = connect(`${ca ? "https" : "http"}://${values.hub}`, {
  tls: { ca, certificate, key },
  token: file ? async () => (await readFile(file, "utf8")).trim() : undefined,
});

function say(line: object): void {
  console.log(JSON.stringify(line));
}

async function print(batch: Batch): Promise<void> {
  for (const { cursor, event } of batch.events) {
    await pause(1000 * Number(values["handler-delay"]));
    const { topic, key, id, deleted, data } = event!;
    const data_base64 = Buffer.from(data).toString("base64");
    say({ event: { topic, key, id, cursor, deleted, data_base64, snapshot: batch.snapshot } });
  }
}

async function followTopics(): Promise<void> {
  const stop = new AbortController();
  process.once("SIGTERM", () => stop.abort());
  await follow(transport, values.topic, print, {
    store: values["cursor-file"] ? new FileStore(values["cursor-file"]) : new MemoryStore(),
    start: values.start as Start,
    onCursorError: values["on-cursor-error"] as OnCursorError,
    pollOnly: values["poll-only"],
    safetyPollMs: 1000 * Number(values["safety-poll"]),
    observe: ({ kind, detail }) => say({ notice: kind, detail }),
    signal: stop.signal,
  });
}

async function publishLines(): Promise<void> {
  const hub = createClient(HubService, transport);
  for await (const line of createInterface({ input: process.stdin })) {
    const { content_type: contentType = "", data_base64 = "", ...event } = JSON.parse(line);
    const data = Buffer.from(data_base64, "base64");
    const answer = await hub.publish({ events: [{ ...event, contentType, data }] });
    const { cursor, duplicate } = answer.results[0]!;
    say({ cursor, duplicate });
  }
}

try {
  await (positionals[0] === "publish" ? publishLines() : followTopics());
  process.exit(0);
} catch (thrown) {
  const error = HubError.from(thrown);
  say({ failed: error.reason || error.code });
  process.exit(1);
}
