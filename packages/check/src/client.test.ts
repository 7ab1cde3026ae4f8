import assert from "node:assert/strict";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, beforeEach, describe, test } from "node:test";
import { type ClientHeaders, type Exchange, NoAnswer, scimClient } from "./client.ts";

const HEADERS: ClientHeaders = { userAgent: "", contentType: "application/scim+json", accept: "*/*", blank: "+" };

describe("a client", () => {
  const received: { url: string | undefined; headers: IncomingHttpHeaders; body: string }[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    received.push({ url: request.url, headers: request.headers, body });
    if (request.url === "/hang") return;
    if (request.url === "/reset") response.destroy();
    else if (request.url === "/html") response.end("<html>");
    else response.writeHead(201, { etag: '"1"' }).end('{"id":"1"}');
  });
  let origin = "";
  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  beforeEach(() => {
    received.length = 0;
  });

  test("sends the headers of the identity provider, and keeps what was said", async () => {
    const observed: Exchange[] = [];
    const observe = (exchange: Exchange) => observed.push(exchange);
    const client = scimClient({ baseUrl: origin, token: "t", headers: HEADERS, observe });
    const exchange = await client.post("/Users", { userName: "é" });
    const [{ headers, body } = assert.fail()] = received;
    assert.equal(headers["user-agent"], "");
    assert.equal(headers.authorization, "Bearer t");
    assert.equal(headers["content-type"], "application/scim+json");
    assert.equal(body, '{"userName":"é"}');
    assert.equal(exchange.status, 201);
    assert.deepEqual(exchange.responseBody, { id: "1" });
    assert.equal(exchange.headers.get("etag"), '"1"');
    assert.ok(exchange.durationMs > 0);
    assert.deepEqual(client.exchanges, [exchange]);
    assert.deepEqual(observed, [exchange]);
  });

  test("puts the flags of the tenant URL first, writes blanks as told, and leaves trailing signs", async () => {
    const flagged = scimClient({ baseUrl: `${origin}/v2/?aadOptscim062020`, token: "t", headers: HEADERS });
    await flagged.get("/Users", { filter: 'userName eq "a+b"', count: 1 });
    await flagged.delete("/Users/1");
    const plain = scimClient({ baseUrl: origin, token: "t", headers: { ...HEADERS, blank: "%20" } });
    await plain.get("/Users", { filter: 'userName eq "a+b"' });
    await plain.get("/Users?a=1&");
    await plain.get("/Users?");
    assert.deepEqual(
      received.map(({ url }) => url),
      [
        "/v2/Users?aadOptscim062020&filter=userName+eq+%22a%2Bb%22&count=1",
        "/v2/Users/1?aadOptscim062020",
        "/Users?filter=userName%20eq%20%22a%2Bb%22",
        "/Users?a=1&",
        "/Users?",
      ],
    );
  });

  test("keeps an answer that is not JSON as text, and says why there is none", async () => {
    const client = scimClient({ baseUrl: origin, token: "t", headers: HEADERS });
    assert.equal((await client.get("/html")).responseBody, "<html>");
    await assert.rejects(client.get("/reset"), { name: "NoAnswer", message: /closed the connection/ });
    const nobody = scimClient({ baseUrl: "nonsense", token: "t", headers: HEADERS });
    await assert.rejects(
      nobody.get("/Users"),
      (error) => error instanceof NoAnswer && /"nonsense" is not a URL/.test(error.message),
    );
  });

  test("gives up by the signal's reason, and after the time that it is given", async () => {
    const controller = new AbortController();
    const client = scimClient({ baseUrl: origin, token: "t", headers: HEADERS, signal: controller.signal });
    const hanging = client.get("/hang");
    controller.abort(new Error("enough"));
    await assert.rejects(hanging, { message: "enough" });
    await assert.rejects(client.get("/Users"), { message: "enough" });
    const hasty = scimClient({ baseUrl: origin, token: "t", headers: HEADERS, answerTimeoutMs: 50 });
    await assert.rejects(hasty.get("/hang"), { name: "NoAnswer", message: /did not answer within 0\.05 seconds/ });
  });

  test("repeats neither a password nor a token that cannot be sent", async () => {
    const url = origin.replace("http://", "http://anna:s3cret@");
    const withPassword = scimClient({ baseUrl: url, token: "t", headers: HEADERS });
    await assert.rejects(withPassword.get("/Users"), (error: Error) => {
      assert.match(error.message, /user name or a password/);
      return !error.message.includes("s3cret");
    });
    const withLines = scimClient({ baseUrl: origin, token: "two\nlines", headers: HEADERS });
    await assert.rejects(withLines.get("/Users"), (error: Error) => !error.message.includes("two\nlines"));
  });
});
