/** @grpc/grpc-js drops messages that an error status follows: a hub that ends streams with RECONNECT and OK loses none. */

import assert from "node:assert";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

import { hub } from "./hub.mjs";

const STREAMS = 100;
const PROTO = fileURLToPath(new URL("../../../proto", import.meta.url));
const loaded = loadSync("hintwire/v1/hub.proto", { includeDirs: [PROTO], enums: String, defaults: true });
const { HubService } = grpc.loadPackageDefinition(loaded).hintwire.v1;

/** A stream of hints, with all that it said and how it ended. */
class Stream {
  hints = [];

  constructor(client) {
    this.call = client.Subscribe({ topics: ["**"] });
    this.call.on("data", (hint) => this.hints.push(hint));
    this.confirmed = once(this.call, "data");
    this.status = Promise.race([
      once(this.call, "status").then(([status]) => status),
      once(this.call, "error").then(([error]) => error),
    ]);
    this.ended = once(this.call, "end");
  }
}

test("when a hub stops, every stream of grpc-js gets RECONNECT as its last message, then OK", async (test) => {
  const { address, stop } = await hub(test);
  const client = new HubService(address, grpc.credentials.createInsecure());
  test.after(() => client.close());
  const streams = Array.from({ length: STREAMS }, () => new Stream(client));
  await Promise.all(streams.map((stream) => stream.confirmed));
  const publish = (event) => new Promise((done, fail) => {
    client.Publish({ events: [event] }, (error, answer) => (error ? fail(error) : done(answer.results[0])));
  });
  const { cursor } = await publish({ topic: "a" });
  stop();
  for (const stream of streams) {
    const [status] = await Promise.all([stream.status, stream.ended]);
    assert.equal(status.code, grpc.status.OK, status.details);
    const last = stream.hints.at(-1);
    assert.deepEqual([last.kind, last.head], ["KIND_RECONNECT", cursor]);
    assert.ok(stream.hints.some((hint) => hint.cursor === cursor), "the event was hinted at");
  }
});
