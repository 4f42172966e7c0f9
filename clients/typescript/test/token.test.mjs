/** Tokens that end, and tokens that cannot be had, with a hub that takes one token at a time. */

import assert from "node:assert";
import { EventEmitter, once } from "node:events";
import { createServer } from "node:http2";
import { test } from "node:test";

import { Code, ConnectError } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { connect, follow, HubService } from "hintwire/node";

/** It has no events, and tells each token that it takes. */
class Guarded extends EventEmitter {
  constructor(token) {
    super();
    this.token = token;
  }

  fetch(_, { requestHeader }) {
    if (requestHeader.get("authorization") !== `Bearer ${this.token}`) {
      throw new ConnectError("the token is unknown", Code.Unauthenticated);
    }
    this.emit(this.token);
    return { nextCursor: "1" };
  }
}

/** Starts the hub, and polls it with a token, until the test ends. */
async function polled(test, hub, token, observe = () => {}) {
  const routes = (router) => router.service(HubService, { fetch: (...call) => hub.fetch(...call) });
  const server = createServer(connectNodeAdapter({ routes }));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { transport, close } = connect(`http://127.0.0.1:${server.address().port}`, { token });
  const stop = new AbortController();
  test.after(() => [stop.abort(), close(), server.close()]);
  return follow(transport, ["a"], () => {}, { pollOnly: true, observe, signal: stop.signal });
}

test("a token that the hub never took ends the loop", async (test) => {
  await assert.rejects(polled(test, new Guarded("good"), () => "bad"), { code: "UNAUTHENTICATED" });
});

test("a token that ends is asked for anew", async (test) => {
  const hub = new Guarded("first");
  let token = "first";
  const [first, second] = [once(hub, "first"), once(hub, "second")];
  const ended = polled(test, hub, () => token, () => (token = "second"));
  await Promise.race([first, ended]);
  hub.token = "second";
  await Promise.race([second, ended.then(() => assert.fail("the loop ended"))]);
});

test("a callback that fails is tried again", async (test) => {
  const hub = new Guarded("good");
  const failures = [new Error("the issuer is away"), new Error("and again")];
  const told = [];
  const token = async () => {
    if (failures.length > 0) throw failures.shift();
    return "good";
  };
  const good = once(hub, "good");
  await Promise.race([good, polled(test, hub, token, (notice) => told.push(notice))]);
  assert.deepEqual(told.map(({ kind }) => kind), ["fetch_failed", "fetch_failed"]);
  assert.match(told[0].detail, /the issuer is away/);
});
