import { randomUUID } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

/** In every response, and in a request if the client has an ID. */
export const REQUEST_ID_HEADER = "x-request-id";

/** Microsoft's clients send the second one. */
const HEADERS = [REQUEST_ID_HEADER, "client-request-id"];

/** An ID is repeated in a header and found by its words. */
const VALID = /^[\w.:-]{1,128}$/;

/** The client's ID of its request; otherwise a new, unique one. */
export function requestIdOf({ headers }: { readonly headers: IncomingHttpHeaders }): string {
  for (const name of HEADERS) {
    const id = headers[name];
    if (typeof id === "string" && VALID.test(id)) return id;
  }
  return randomUUID();
}
