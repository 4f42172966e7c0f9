/** Follows by push-to-poll over gRPC-Web, with the TypeScript client. */

import { connect, follow, HubError, type Batch, type CursorStore, type Notice } from "hintwire/browser";

import type { Column } from "./column";

export async function followGrpcWeb(hub: string, topic: string, column: Column, store: CursorStore) {
  const handle = ({ events, cursor }: Batch) => {
    for (const stored of events) {
      const { topic, key, deleted, data } = stored.event!;
      const time = new Date(Number(stored.publishTime!.seconds) * 1000);
      const text = deleted ? "deleted" : new TextDecoder().decode(data);
      column.add({ cursor: stored.cursor, topic, key, deleted, time, data: text });
    }
    column.cursor(cursor);
  };
  const observe = ({ kind }: Notice) => {
    if (kind === "hinted") column.state("live", "connected");
    else column.state("waiting", "connection lost, polling");
  };
  column.state("waiting", "connecting");
  try {
    await follow(connect(hub), [topic], handle, { store, observe });
  } catch (thrown) {
    column.state("ended", HubError.from(thrown).message);
  }
}
