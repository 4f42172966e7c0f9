/** What a cursor file promises. */

import assert from "node:assert";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { FileStore } from "hintwire/node";

async function place(test) {
  const folder = await mkdtemp(join(tmpdir(), "hintwire-"));
  test.after(() => rm(folder, { recursive: true }));
  return { folder, path: join(folder, "cursor") };
}

test("a file holds the cursor saved last, also for another store", async (test) => {
  const { folder, path } = await place(test);
  const store = new FileStore(path);
  assert.equal(await store.load(), undefined);
  await store.save("first");
  await store.save("second");
  assert.equal(await new FileStore(path).load(), "second");
  assert.deepEqual(await readdir(folder), ["cursor"]);
});

test("what a crash left of a save is ignored and then replaced", async (test) => {
  const { path } = await place(test);
  const store = new FileStore(path);
  await store.save("first");
  await writeFile(`${path}.tmp`, "sec");
  assert.equal(await store.load(), "first");
  await store.save("second");
  assert.equal(await store.load(), "second");
});

test("a file that holds no cursor is an error that names it", async (test) => {
  const { path } = await place(test);
  for (const text of ["", "\n", "x".repeat(65)]) {
    await writeFile(path, text);
    await assert.rejects(() => new FileStore(path).load(), { message: `cursor file ${path} does not hold a cursor` });
  }
});
