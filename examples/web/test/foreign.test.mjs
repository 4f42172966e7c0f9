/** What a page may not do behind the back of a hub's owner, tried by a real browser. */

import assert from "node:assert";
import { test } from "node:test";

import { browser, emptyPage } from "./browser.mjs";
import { Hub } from "./hub.mjs";

/** A page of another origin, beside a hub that allows what `settings` say of that origin. */
async function foreignPage(test, settings = () => []) {
  const origin = await emptyPage(test);
  const hub = await Hub.start(test, ...settings(origin));
  await hub.publish([{ topic: "secret" }]);
  const page = await (await browser(test)).newPage();
  await page.goto(origin);
  return { hub, page };
}

const allowed = (origin) => ["--allowed-origins", origin];

/** What a fetch of the page came to: its status, or the error that the page gets to see. */
function fetched(page, url, init) {
  const call = ([url, init]) => fetch(url, init).then((answer) => answer.status, (error) => error.name);
  return page.evaluate(call, [url, init]);
}

function publishing(contentType, more = {}) {
  const body = JSON.stringify({ events: [{ topic: "forged" }] });
  return { method: "POST", headers: { "content-type": contentType }, body, ...more };
}

async function holdsOnlyTheSecret(hub) {
  assert.deepEqual(await hub.topics(), ["secret"]);
}

test("a foreign page cannot read, an allowed one can", async (test) => {
  const read = ({ hub, page }) => fetched(page, `${hub.url}/v1/topics?topic=**`);
  assert.equal(await read(await foreignPage(test)), "TypeError");
  assert.equal(await read(await foreignPage(test, allowed)), 200);
});

test("a foreign page cannot publish JSON, an allowed one can", async (test) => {
  const publish = ({ hub, page }) => fetched(page, `${hub.url}/v1/events`, publishing("application/json"));
  const foreign = await foreignPage(test);
  assert.equal(await publish(foreign), "TypeError");
  await holdsOnlyTheSecret(foreign.hub);
  const friend = await foreignPage(test, allowed);
  assert.equal(await publish(friend), 200);
  assert.deepEqual(await friend.hub.topics(), ["forged", "secret"]);
});

test("a foreign page cannot publish what needs no preflight", async (test) => {
  const { hub, page } = await foreignPage(test);
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]) {
    await fetched(page, `${hub.url}/v1/events`, publishing(type, { mode: "no-cors" }));
    await holdsOnlyTheSecret(hub);
  }
  await page.evaluate((url) => navigator.sendBeacon(url, '{"events":[{"topic":"forged"}]}'), `${hub.url}/v1/events`);
  await fetched(page, `${hub.url}/v1/events`, publishing("text/plain"));
  await holdsOnlyTheSecret(hub);
});

test("a form of a foreign page cannot publish", async (test) => {
  const { hub, page } = await foreignPage(test);
  const answered = page.waitForResponse((answer) => answer.url() === `${hub.url}/v1/events`);
  await page.evaluate((url) => {
    const form = Object.assign(document.createElement("form"), { method: "post", action: url, enctype: "text/plain" });
    const field = Object.assign(document.createElement("input"), { name: '{"events":[{"topic":"forged"}],"a":"', value: '"}' });
    form.append(field);
    document.body.append(form);
    form.submit();
  }, `${hub.url}/v1/events`);
  assert.equal((await answered).status(), 403);
  await holdsOnlyTheSecret(hub);
});

test("even an allowed page publishes only what the hub lists, which text/plain is not", async (test) => {
  const { hub, page } = await foreignPage(test, allowed);
  assert.equal(await fetched(page, `${hub.url}/v1/events`, publishing("text/plain")), 415);
  await holdsOnlyTheSecret(hub);
});

test("a foreign page gets no events by EventSource, an allowed one does", async (test) => {
  const listen = ({ hub, page }) =>
    page.evaluate((url) => new Promise((resolve) => {
      const source = new EventSource(url);
      source.addEventListener("event", ({ data }) => resolve(JSON.parse(data).topic));
      source.onerror = () => source.readyState === EventSource.CLOSED && resolve("refused");
    }), `${hub.url}/v1/hints?topic=**&mode=events`);
  assert.equal(await listen(await foreignPage(test)), "refused");
  assert.equal(await listen(await foreignPage(test, allowed)), "secret");
});

test("a page whose name was rebound to the hub's address is refused, a listed name is not", async (test) => {
  const rebound = await browser(test, "--host-resolver-rules=MAP evil.example 127.0.0.1");
  const visit = async (settings) => {
    const hub = await Hub.start(test, ...settings);
    const page = await rebound.newPage();
    const url = new URL("/v1/hub", hub.url);
    url.hostname = "evil.example";
    const status = (await page.goto(String(url))).status();
    return { hub, page, status };
  };
  const { hub, page, status } = await visit([]);
  assert.equal(status, 421);
  assert.equal(await fetched(page, "/v1/hub"), 421);
  assert.equal(await fetched(page, "/v1/events", publishing("application/json")), 421);
  assert.deepEqual(await hub.topics(), []);
  const listed = await visit(["--allowed-hosts", "evil.example"]);
  assert.equal(listed.status, 200);
  assert.equal(await fetched(listed.page, "/v1/events", publishing("application/json")), 200);
});
