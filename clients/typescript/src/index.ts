/** Publish, and follow by push-to-poll: what Node and browsers share. */

export { createClient } from "@connectrpc/connect";

export { HubError } from "./error.js";
export {
  follow,
  type Batch,
  type FollowOptions,
  type Handler,
  type Notice,
  type OnCursorError,
  type Start,
} from "./follow.js";
export { HubService, type Event, type StoredEvent } from "./gen/hintwire/v1/hub_pb.js";
export { MemoryStore, type CursorStore } from "./store.js";
export type { Token } from "./token.js";
