import { Code, ConnectError } from "@connectrpc/connect";

import { ErrorInfoSchema, RetryInfoSchema } from "./gen/google/rpc/error_details_pb.js";
import { millis } from "./time.js";

const DOMAIN = "hintwire.v1";

/** What the hub says about the request itself is final, as is a refusal of the caller. */
const FINAL = new Set([
  "INVALID_ARGUMENT",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "FAILED_PRECONDITION",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "DATA_LOSS",
  "UNAUTHENTICATED",
]);

/** A call that failed, in the API's words. Decide by `reason`, not by the text. */
export class HubError extends Error {
  override readonly name = "HubError";
  /** The gRPC code, e.g. `UNAVAILABLE`. */
  readonly code: string;
  /** The hub's reason, e.g. `CURSOR_TRIMMED`; empty if the failure is not the hub's own. */
  readonly reason: string;
  /** The values that go with the reason, e.g. `earliest`. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Milliseconds that the hub asks to wait before the next attempt, if it does. */
  readonly retryAfterMs: number | undefined;

  /** What a call of a generated client, or the loop, has thrown. */
  static from(thrown: unknown): HubError {
    return thrown instanceof HubError ? thrown : new HubError(ConnectError.from(thrown));
  }

  private constructor(cause: ConnectError) {
    const info = cause.findDetails(ErrorInfoSchema).find((info) => info.domain === DOMAIN);
    const code = codeName(cause.code);
    super(`${cause.rawMessage} (${info?.reason || code})`, { cause });
    this.code = code;
    this.reason = info?.reason ?? "";
    this.metadata = info?.metadata ?? {};
    this.retryAfterMs = cause.findDetails(RetryInfoSchema).map((retry) => millis(retry.retryDelay))[0];
  }

  /** Whether the cursor of the call cannot be used: one of the `CURSOR_` reasons. */
  get isCursor(): boolean {
    return this.reason.startsWith("CURSOR_");
  }

  /** Whether the same call may succeed later: a lost connection, overload, a stopping hub. */
  get isTransient(): boolean {
    // ABORTED without a reason is how a connection that was reset is told in Node.
    return !FINAL.has(this.code) && !(this.code === "ABORTED" && this.reason);
  }
}

/** As gRPC writes it. */
function codeName(code: Code): string {
  if (code === Code.Canceled) return "CANCELLED";
  return Code[code].replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
}
