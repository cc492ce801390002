/**
 * Redirects where a request has headers of the program's own: those that a browser would not send
 * to another origin without asking it stay with the first one.
 *
 * @module
 */
import { ignore } from "../../promises.ts";

const MAX_REDIRECTS = 20;

/** The headers of Fetch's safelist, and those of a request for a range. */
const safe: ReadonlySet<string> = new Set([
  "accept",
  "accept-encoding",
  "accept-language",
  "content-language",
  "if-range",
  "range",
  "user-agent",
]);

const statuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** True where a header may not go to another origin: redirects are then followed here. */
export function hasPrivateHeaders(headers: Headers): boolean {
  return [...headers.keys()].some((name) => !safe.has(name));
}

/** Asks, and asks again where the answer leads. `ask` returns the answer of `fetch`. */
export async function followRedirects(
  ask: (url: string, init: RequestInit) => unknown,
  url: string,
  init: RequestInit & { readonly headers: Headers },
): Promise<unknown> {
  const headers = new Headers(init.headers);
  let at = new URL(url);
  for (let count = 0; count <= MAX_REDIRECTS; count++) {
    const answer = await ask(at.href, { ...init, headers, redirect: "manual" });
    const { status = 0, headers: answered, body } = Object(answer) as Partial<Response>;
    const location = statuses.has(status) ? answered?.get("location") : undefined;
    if (!location) return answer;
    ignore(body?.cancel());
    const next = new URL(location, at);
    if (!/^https?:$/.test(next.protocol)) {
      throw new TypeError(`a redirect leads to ${next.protocol}, which is neither http nor https`);
    }
    if (next.origin !== at.origin) {
      for (const name of [...headers.keys()]) if (!safe.has(name)) headers.delete(name);
    }
    at = next;
  }
  throw new TypeError("too many redirects");
}
