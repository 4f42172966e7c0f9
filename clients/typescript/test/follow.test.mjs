/** What the loop promises its user, with a real hub. */

import assert from "node:assert";
import { test } from "node:test";

import { connect, createClient, follow, HubError, HubService, MemoryStore } from "hintwire/node";

import { hub } from "./hub.mjs";

async function connected(test) {
  const { url } = await hub(test);
  const { transport, close } = connect(url);
  test.after(close);
  const client = createClient(HubService, transport);
  const publish = async (...events) => (await client.publish({ events })).results;
  return { transport, publish };
}

test("a batch whose handler failed comes again in the next run", async (test) => {
  const { transport, publish } = await connected(test);
  await publish({ topic: "a", key: "1" }, { topic: "a", key: "2" });
  const store = new MemoryStore();
  const batches = [];
  const fails = ({ events }) => {
    batches.push(events.map(({ event }) => event.key));
    throw new RangeError("on purpose");
  };
  for (let run = 0; run < 2; run++) {
    await assert.rejects(follow(transport, ["a"], fails, { store }), { message: "on purpose" });
  }
  assert.deepEqual(batches, [["1", "2"], ["1", "2"]]);
  assert.equal(store.cursor, undefined);
});

test("an error of the hub within the handler is the handler's own", async (test) => {
  const { transport, publish } = await connected(test);
  await publish({ topic: "a" });
  const ended = follow(transport, ["a"], () => publish({ topic: "not a topic" }).then(() => {}));
  const error = HubError.from(await ended.catch((thrown) => thrown));
  assert.deepEqual([error.reason, error.metadata.field], ["INVALID_FIELD", "events[0].topic"]);
});

test("a follower that is stopped finishes its batch and saves its cursor", async (test) => {
  const { transport, publish } = await connected(test);
  const [{ cursor }] = await publish({ topic: "a" });
  const store = new MemoryStore();
  const stop = new AbortController();
  await follow(transport, ["a"], () => stop.abort(), { store, signal: stop.signal });
  assert.equal(store.cursor, cursor);
});

test("a follower that waits is stopped at once", async (test) => {
  const { transport } = await connected(test);
  const stop = new AbortController();
  await follow(transport, ["a"], () => {}, { signal: stop.signal, observe: () => stop.abort() });
});

test("patterns that are none end the loop with the hub's reason", async (test) => {
  const { transport } = await connected(test);
  await assert.rejects(follow(transport, ["a/**/b"], () => {}), { name: "HubError", reason: "INVALID_FIELD" });
});
