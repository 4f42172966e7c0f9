/** The page in a real browser: both ways see each event once and in order, whatever restarts. */

import assert from "node:assert";
import { mkdirSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { browser, example } from "./browser.mjs";
import { Hub } from "./hub.mjs";

const WAYS = ["sse", "grpc-web"];
const CACHE = fileURLToPath(new URL("../../../.cache", import.meta.url));
const PRODUCTS = [["linuxkernel", "6.18"], ["postgresql", "18"], ["nodejs", "24.11"], ["python", "3.14"]];

/** `count` releases, the first of which has this number. */
function releases(first, count) {
  return Array.from({ length: count }, (_, index) => {
    const [product, line] = PRODUCTS[index % PRODUCTS.length];
    const key = `${line}.${first + Math.floor(index / PRODUCTS.length)}`;
    const data = new TextEncoder().encode(JSON.stringify({ version: key, channel: "stable" }));
    return { topic: `releases/${product}`, key, contentType: "application/json", data };
  });
}

async function until(page, selector, text) {
  const shows = ([selector, text]) => document.querySelector(selector)?.textContent === text;
  await page.waitForFunction(shows, [selector, text]);
}

/** Waits until both ways show the event with the last of these cursors, and compares all that they show. */
async function showExactly(page, cursors) {
  for (const way of WAYS) {
    await page.waitForSelector(`#${way} li[data-cursor="${cursors.at(-1)}"]`, { state: "attached" });
    const shown = await page.$$eval(`#${way} li`, (items) => items.map((item) => item.dataset.cursor).reverse());
    assert.deepEqual(shown, cursors, way);
    await until(page, `#${way} .count`, String(cursors.length));
    await until(page, `#${way} .cursor`, cursors.at(-1));
  }
}

test("both ways see each event once and in order, across kills of the hub and a reload", async (test) => {
  const origin = await example(test);
  const hub = await Hub.start(test, "--allowed-origins", origin);
  const page = await (await browser(test)).newPage({ viewport: { width: 1120, height: 830 } });
  page.setDefaultTimeout(60_000);
  const publish = async (cursors, events) => cursors.push(...(await hub.publish(events)));

  const before = [];
  await publish(before, releases(0, 8));
  await page.goto(`${origin}/?${new URLSearchParams({ hub: hub.url, topic: "releases/**" })}`);
  await showExactly(page, before);
  for (const way of WAYS) await page.waitForSelector(`#${way} .state[data-is=live]`);
  await publish(before, releases(2, 4));
  await showExactly(page, before);

  for (const first of [3, 5]) {
    await hub.kill();
    for (const way of WAYS) await page.waitForSelector(`#${way} .state[data-is=waiting]`);
    await hub.start();
    await publish(before, releases(first, 8));
    await showExactly(page, before);
    for (const way of WAYS) await page.waitForSelector(`#${way} .state[data-is=live]`);
  }
  mkdirSync(CACHE, { recursive: true });
  await page.screenshot({ path: `${CACHE}/browser.png` });

  const after = [];
  await page.reload();
  for (const way of WAYS) await page.waitForSelector(`#${way} .state[data-is=live]`);
  await publish(after, releases(7, 4));
  await showExactly(page, after);
});

test("a cursor that cannot be used is told by both ways, with the hub's reason", async (test) => {
  const origin = await example(test);
  const hub = await Hub.start(test, "--allowed-origins", origin);
  const page = await (await browser(test)).newPage();
  const topic = "releases/**";
  await page.goto(origin);
  for (const way of WAYS) {
    const name = `hintwire ${way} ${hub.url} ${topic}`;
    await page.evaluate((name) => localStorage.setItem(name, "no_cursor_of_a_hub"), name);
  }
  await page.goto(`${origin}/?${new URLSearchParams({ hub: hub.url, topic })}`);
  for (const way of WAYS) {
    const told = await page.waitForSelector(`#${way} .state[data-is=ended]`);
    assert.match(await told.textContent(), /CURSOR_MALFORMED/, way);
  }
});
