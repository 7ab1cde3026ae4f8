import { api, dataOf } from "../api/client.ts";
import { NO_ANSWER, Problem } from "../api/problem.ts";
import type { Exchange } from "../api/types.ts";

export type Draft = {
  readonly method: string;
  /** Below the base URL, with the query. */
  readonly path: string;
  /** A line for each: `Name: value`. */
  readonly headers: string;
  readonly body: string;
};

export type Answer = {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  /** ID of the recorded exchange; undefined if it was not recorded. */
  readonly exchange: number | undefined;
};

export const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"];
const MEDIA_TYPE = "application/scim+json";

export const EMPTY: Draft = {
  method: "GET",
  path: "/Users?count=10",
  headers: `Accept: ${MEDIA_TYPE}\nContent-Type: ${MEDIA_TYPE}`,
  body: "",
};

/** Headers that the browser or the session sets. */
const OWN = /^(?:authorization|cookie|host|connection|content-length|accept-encoding|origin|referer|sec-.*|x-.*)$/i;

export function draftOf({ method, path, query, request }: Exchange): Draft {
  const headers = request.headers.filter(([name = ""]) => !OWN.test(name));
  return {
    method,
    path: query === "" ? path : `${path}?${query}`,
    headers: headers.map(([name, value]) => `${name}: ${value}`).join("\n"),
    body: request.body ?? "",
  };
}

/** What keeps a body from being JSON; undefined if it is JSON or empty. */
export function jsonProblem(body: string): string | undefined {
  if (body.trim() === "") return undefined;
  try {
    JSON.parse(body);
    return undefined;
  } catch (error) {
    return `This is not valid JSON: ${(error as Error).message}. You can send it anyway.`;
  }
}

export function mayHaveBody(method: string): boolean {
  return method !== "GET" && method !== "HEAD";
}

/** Sends a request to an endpoint as the administrator who is signed in. @throws Problem */
export async function send(endpoint: string, draft: Draft): Promise<Answer> {
  const base = `/api/endpoints/${encodeURIComponent(endpoint)}/scim/v2`;
  const url = new URL(base + draft.path, location.origin);
  if (!url.pathname.startsWith(base)) throw new Problem(0, "This path leads out of the SCIM endpoint.");
  const body = mayHaveBody(draft.method) && draft.body !== "" ? { body: draft.body } : {};
  const response = await fetch(url, { method: draft.method, headers: headersOf(draft), ...body }).catch(() => {
    throw new Problem(0, NO_ANSWER);
  });
  return {
    status: response.status,
    headers: [...response.headers],
    body: await response.text(),
    exchange: await recorded(response.headers.get("x-request-id")),
  };
}

function headersOf({ headers }: Draft): Headers {
  const made = new Headers();
  for (const line of headers.split("\n").filter((each) => each.trim() !== "")) {
    const [name = "", ...value] = line.split(":");
    try {
      made.append(name.trim(), value.join(":").trim());
    } catch {
      throw new Problem(0, `This is not a header: “${line}”. Write “Name: value”.`);
    }
  }
  // Forms of other sites cannot send it.
  made.set("x-scimtool-request", "1");
  // Records it even if it only reads, as what the page itself reads is not.
  made.set("x-scimtool-replay", "workbench");
  return made;
}

const LOOKS = 8;
const LOOK_MS = 250;

/** Exchanges are recorded shortly after they were answered. */
async function recorded(requestId: string | null): Promise<number | undefined> {
  for (let look = 0; requestId !== null && look < LOOKS; look++) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    const { exchanges } = await dataOf(api.GET("/api/exchanges", { params: { query: { requestId, limit: 1 } } }));
    if (exchanges[0] !== undefined) return exchanges[0].id;
  }
  return undefined;
}
