import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";

/**
 * Gives the bearer token of a call. It is asked for each one, so it should remember what it got as long as that holds. A
 * call for which it fails is one that may be tried again.
 */
export type Token = () => string | Promise<string>;

/** Sends a bearer token with each call, if there is something to ask for one. */
export function sending(token: Token | undefined): Interceptor[] {
  if (!token) return [];
  return [
    (next) => async (request) => {
      request.header.set("authorization", `Bearer ${await had(token)}`);
      return next(request);
    },
  ];
}

async function had(token: Token): Promise<string> {
  try {
    return await token();
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw new ConnectError(`no token: ${why}`, Code.Unavailable, undefined, undefined, thrown);
  }
}
