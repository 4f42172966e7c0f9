// Follows everything. Stop it, publish something, start it again: nothing is missed.

import { connect, FileStore, follow } from "hintwire/node";

// The hub need not be up yet.
const { transport } = connect("http://127.0.0.1:7450");

function handle({ events }) {
  for (const { cursor, event } of events) {
    console.log(cursor, event.topic, Buffer.from(event.data).toString());
  }
  // The cursor is saved after this: an event is handled again rather than lost.
}

await follow(transport, ["**"], handle, {
  store: new FileStore("follow.cursor"),
  onCursorError: "advised",
  observe: ({ kind, detail }) => console.error(kind, detail),
});
