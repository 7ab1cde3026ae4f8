/**
 * The floor: the least that a Node server can do to check a bearer token and return a body of SCIM's size. Every figure
 * of the benchmark is a multiple of its cost, so that results of different machines are comparable.
 * Reads `PORT`, `HOST` and `SCIM_SHARED_SECRET` from the environment, like the product.
 */
import { hash, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const bodyBytes = 900;

const secret = process.env.SCIM_SHARED_SECRET ?? "";
if (secret.length === 0) throw new Error("SCIM_SHARED_SECRET must hold the bearer token the floor accepts.");

const expectedDigest = sha256(`Bearer ${secret}`);
// A string, because node:http then sends head and body in one write: a Buffer makes the floor 50 % more expensive.
const body = fixedBody();
const acceptedHeaders = { "content-type": "application/scim+json", "content-length": String(bodyBytes) };

const server = createServer((request, response) => {
  if (!timingSafeEqual(sha256(request.headers.authorization ?? ""), expectedDigest)) {
    response.writeHead(401, { "content-length": "0" }).end();
    return;
  }
  response.writeHead(200, acceptedHeaders).end(body);
});

server.listen(Number(process.env.PORT ?? 0), process.env.HOST ?? "127.0.0.1");
process.once("SIGTERM", () => {
  server.close();
  server.closeAllConnections();
});

function sha256(text: string): Buffer {
  return hash("sha256", text, "buffer");
}

function fixedBody(): string {
  const start = '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"';
  const end = '"}';
  return start + "x".repeat(bodyBytes - start.length - end.length) + end;
}
