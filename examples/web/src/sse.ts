/** Follows by Server-Sent Events, without any library: EventSource reconnects and resumes by itself. */

import type { CursorStore } from "hintwire/browser";

import type { Column } from "./column";

/** How long to wait when the hub refused the stream, after which EventSource does not try again by itself. */
const AGAIN_MS = 3_000;

/** An event as the hub writes it with `mode=events`. */
interface Event {
  cursor: string;
  publish_time: string;
  topic: string;
  key: string;
  deleted: boolean;
  data?: unknown;
  data_base64?: string;
}

export async function followSse(hub: string, topic: string, column: Column, store: CursorStore) {
  const since = await store.load();
  const url = new URL("/v1/hints", hub);
  url.search = String(new URLSearchParams({ topic, mode: "events", ...(since && { since }) }));
  const source = new EventSource(url);
  column.state("waiting", "connecting");
  source.onopen = () => column.state("live", "connected");
  source.onerror = () => {
    column.state("waiting", "connection lost, trying again");
    if (source.readyState === EventSource.CLOSED) {
      setTimeout(() => followSse(hub, topic, column, store), AGAIN_MS);
    }
  };
  source.addEventListener("event", (message) => {
    const event: Event = JSON.parse(message.data);
    const { cursor, key, deleted } = event;
    column.add({ cursor, topic: event.topic, key, deleted, time: new Date(event.publish_time), data: text(event) });
    column.cursor(message.lastEventId);
    store.save(message.lastEventId);
  });
  source.addEventListener("cursor-error", (message) => {
    source.close();
    const { reason, detail } = JSON.parse(message.data);
    column.state("ended", `${reason}: ${detail}`);
  });
}

function text({ data, data_base64, deleted }: Event): string {
  if (deleted) return "deleted";
  return data_base64 === undefined ? JSON.stringify(data ?? "") : atob(data_base64);
}
