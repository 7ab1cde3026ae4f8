import { randomUUID } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

/** In every response, and of a request if the client has one. */
export const REQUEST_ID_HEADER = "x-request-id";

/** Microsoft's clients send the second one. */
const HEADERS = [REQUEST_ID_HEADER, "client-request-id"];

/** An ID is repeated in a header and found by its words. */
const VALID = /^[\w.:-]{1,128}$/;

/** The ID that the client gave its request; otherwise a new one, which no other request has. */
export function requestIdOf({ headers }: { readonly headers: IncomingHttpHeaders }): string {
  for (const name of HEADERS) {
    const id = headers[name];
    if (typeof id === "string" && VALID.test(id)) return id;
  }
  return randomUUID();
}
