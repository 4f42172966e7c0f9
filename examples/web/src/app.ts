/** The page: `?hub=http://127.0.0.1:7450&topic=**` says what is followed, and the form changes it. */

import { LocalStorageStore } from "hintwire/browser";

import { Column } from "./column";
import { followGrpcWeb } from "./grpc-web";
import { followSse } from "./sse";

const WAYS = { sse: followSse, "grpc-web": followGrpcWeb };

const chosen = new URLSearchParams(location.search);
const hub = chosen.get("hub") ?? "http://127.0.0.1:7450";
const topic = chosen.get("topic") ?? "**";
const form = document.querySelector("form")!;
form.querySelector<HTMLInputElement>("[name=hub]")!.value = hub;
form.querySelector<HTMLInputElement>("[name=topic]")!.value = topic;

/** Each way keeps a cursor of its own, for each hub and topic. */
const placeOf = (way: string) => `hintwire ${way} ${hub} ${topic}`;

form.querySelector("[name=forget]")!.addEventListener("click", () => {
  Object.keys(WAYS).forEach((way) => localStorage.removeItem(placeOf(way)));
  location.reload();
});

for (const [way, start] of Object.entries(WAYS)) {
  const store = new LocalStorageStore(placeOf(way));
  const column = new Column(way);
  const cursor = store.load();
  if (cursor) column.cursor(cursor);
  void start(hub, topic, column, store);
}
