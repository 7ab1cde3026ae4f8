import assert from "node:assert/strict";
import { type Answer, type Client, clientOf, type Sent } from "../../../testing/client.ts";

/** The headers that browsers send with a cookie for a request of the page's own script. */
export const FROM_OUR_PAGE = { "x-scimtool-request": "1", "sec-fetch-site": "same-origin" } as const;

/** The cookie that a response sets, as a browser sends it back. */
export function cookieOf({ headers }: Answer): string {
  const [cookie] = headers["set-cookie"] ?? [];
  assert.ok(cookie, "no cookie was set");
  return cookie.split(";", 1)[0] ?? "";
}

/** Signs in as a browser does. */
export function signInAt(client: Client, secret: unknown, headers: Sent["headers"] = {}): Promise<Answer> {
  return client.post("/api/session", { secret }, { "content-type": "application/json", ...headers });
}

/** A client that has signed in, and sends its cookie with each request. */
export async function signedIn(origin: string, secret: string): Promise<Client & { readonly cookie: string }> {
  const client = clientOf(origin, undefined);
  const answer = await signInAt(client, secret);
  assert.equal(answer.status, 200, answer.text);
  const cookie = cookieOf(answer);
  const send: Client["send"] = (method, path, sent = {}) =>
    client.send(method, path, { ...sent, headers: { cookie, ...FROM_OUR_PAGE, ...sent.headers } });
  return {
    ...client,
    cookie,
    send,
    get: (path, headers = {}) => send("GET", path, { headers }),
    post: (path, body, headers = {}) => send("POST", path, { body, headers }),
    delete: (path, headers = {}) => send("DELETE", path, { headers }),
  };
}
