import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import { test } from "node:test";
import Fastify from "fastify";
import { endConnectionsOnClose } from "./drain.ts";

test("a closing server does not wait for who leaves a connection half open after its last answer", async (t) => {
  const server = Fastify({ clientErrorHandler: (_error, socket) => socket.end("the last answer") });
  endConnectionsOnClose(server);
  await server.listen({ port: 0, host: "127.0.0.1" });
  const { port } = server.server.address() as AddressInfo;
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  t.after(() => socket.destroy());
  socket.write("nonsense\r\n\r\n");
  const [answer] = await once(socket, "data");
  assert.equal(String(answer), "the last answer");
  await server.close();
});
