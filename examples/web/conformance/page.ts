/** What the conformance program runs in the page: the client, its lines said through `say`, its cursor kept by Node. */

import {
  connect,
  createClient,
  follow,
  HubError,
  HubService,
  type Batch,
  type CursorStore,
  type FollowOptions,
  type Token,
} from "hintwire/browser";

/** What the program of Node offers to the page. */
declare function say(line: object): Promise<void>;
declare function load(): Promise<string | undefined>;
declare function save(cursor: string): Promise<void>;

declare global {
  interface Window {
    /** If it was told a file. */
    token?: Token;
  }
}

const hubAt = (url: string) => connect(url, { token: window.token });
const stopping = new AbortController();

async function followTopics(hub: string, topics: string[], delayMs: number, options: FollowOptions) {
  const print = async ({ events, snapshot }: Batch) => {
    for (const { cursor, event } of events) {
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      const { topic, key, id, deleted, data } = event!;
      await say({ event: { topic, key, id, cursor, deleted, data_base64: data.toBase64(), snapshot } });
    }
  };
  const store: CursorStore = { load, save };
  const observe: FollowOptions["observe"] = ({ kind, detail }) => void say({ notice: kind, detail });
  return failure(follow(hubAt(hub), topics, print, { ...options, store, observe, signal: stopping.signal }));
}

function publishLine(hub: string, { data_base64 = "", content_type: contentType = "", ...event }: Record<string, string>) {
  const data = Uint8Array.fromBase64(data_base64);
  const publish = async () => {
    const { results } = await createClient(HubService, hubAt(hub)).publish({ events: [{ ...event, contentType, data }] });
    const { cursor, duplicate } = results[0]!;
    await say({ cursor, duplicate });
  };
  return failure(publish());
}

/** What Node is to say about a call that failed; nothing if it did not. */
async function failure(call: Promise<void>) {
  try {
    await call;
  } catch (thrown) {
    const { reason, code, message } = HubError.from(thrown);
    return { reason, code, message };
  }
}

Object.assign(window, { followTopics, publishLine, stop: () => stopping.abort() });
