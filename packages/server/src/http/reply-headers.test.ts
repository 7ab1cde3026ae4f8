import assert from "node:assert/strict";
import { test } from "node:test";
import fastify, { type FastifyReply } from "fastify";
import { headersOf, type ReplyHeaders } from "./reply-headers.ts";

/** What is told of the headers of a reply, and whether Fastify was asked for them. */
async function told(set: (reply: FastifyReply) => void): Promise<{ headers: Partial<ReplyHeaders>; isAsked: boolean }> {
  const server = fastify();
  let headers: Partial<ReplyHeaders> = {};
  let isAsked = false;
  server.get("/", (_, reply) => {
    set(reply);
    const getHeaders = reply.getHeaders.bind(reply);
    reply.getHeaders = () => {
      isAsked = true;
      return getHeaders();
    };
    headers = headersOf(reply);
    reply.header("x-later", "1").send("");
  });
  await server.inject("/");
  await server.close();
  return { headers, isAsked };
}

test("the headers of a reply are found where Fastify keeps them, and copied", async () => {
  const { headers, isAsked } = await told((reply) =>
    reply.header("ETag", 'W/"3"').headers({ "set-cookie": ["a", "b"] }),
  );
  assert.deepEqual(headers, { etag: 'W/"3"', "set-cookie": ["a", "b"] });
  assert.equal(isAsked, false, "Fastify keeps them elsewhere now");
});

test("headers set on the bare response are among them", async () => {
  const { headers } = await told((reply) => reply.header("etag", 'W/"3"').raw.setHeader("X-Bare", "1"));
  assert.deepEqual({ ...headers }, { etag: 'W/"3"', "x-bare": "1" });
});
