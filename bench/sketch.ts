/**
 * The least that could be called a SCIM server with the same libraries: Fastify, node:sqlite, each user's JSON stored
 * and returned unchanged. No schemas, no validation, one filter, no groups in responses, one index. It shows what the
 * libraries cost on a machine; the rest is the cost of a complete server.
 *     npm run bench -- --entry bench/sketch.ts --case user
 */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import Fastify from "fastify";

type User = { id: string; userName: string; displayName?: string };
type Row = { body: string };

const { PORT = "8080", DATA_DIR = ".", SCIM_SHARED_SECRET = "" } = process.env;
const database = new DatabaseSync(join(DATA_DIR, "sketch.db"));
database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS user (id TEXT PRIMARY KEY, user_name TEXT UNIQUE, body TEXT NOT NULL)`);
const byId = database.prepare("SELECT body FROM user WHERE id = ?");
const byName = database.prepare("SELECT body FROM user WHERE user_name = ?");
const page = database.prepare("SELECT body FROM user LIMIT 100");
const count = database.prepare("SELECT count(*) AS total FROM user");
const insert = database.prepare("INSERT INTO user VALUES (?, ?, ?)");
const update = database.prepare("UPDATE user SET body = ? WHERE id = ?");
let total = (count.get() as { total: number }).total;

const server = Fastify({ logger: false });
server.removeAllContentTypeParsers();
server.addContentTypeParser("*", { parseAs: "string" }, async (_request: unknown, text: string) => JSON.parse(text));
server.addHook("onRequest", (request, reply, done) => {
  if (request.headers.authorization === `Bearer ${SCIM_SHARED_SECRET}`) done();
  else reply.code(401).send();
});

const users = "/scim/v2/Users";
server.get<{ Params: User }>(`${users}/:id`, async ({ params }, reply) => {
  const row = byId.get(params.id) as Row | undefined;
  return reply
    .code(row === undefined ? 404 : 200)
    .type("application/scim+json")
    .send(row?.body);
});
server.get<{ Querystring: { filter?: string } }>(users, async ({ query }, reply) => {
  const name = /^userName eq "(.*)"$/.exec(query.filter ?? "")?.[1];
  const rows = (name === undefined ? page.all() : byName.all(name)) as Row[];
  const found = name === undefined ? total : rows.length;
  const list = `{"totalResults":${found},"Resources":[${rows.map(({ body }) => body).join(",")}]}`;
  return reply.type("application/scim+json").send(list);
});
server.post<{ Body: Omit<User, "id"> }>(users, async ({ body: user }, reply) => {
  const id = randomUUID();
  const body = JSON.stringify({ id, ...user });
  insert.run(id, user.userName, body);
  total++;
  return reply.code(201).type("application/scim+json").send(body);
});
server.patch<{ Params: User; Body: { Operations: [{ value: string }] } }>(`${users}/:id`, async (request, reply) => {
  const { id } = request.params;
  const user = JSON.parse((byId.get(id) as Row).body) as User;
  const body = JSON.stringify({ ...user, displayName: request.body.Operations[0].value });
  update.run(body, id);
  return reply.type("application/scim+json").send(body);
});
// The benchmark's loader also creates groups, which the sketch does not store.
server.post("/scim/v2/Groups", async (_request, reply) => reply.code(201).send({ id: randomUUID() }));
server.patch("/scim/v2/Groups/:id", async (_request, reply) => reply.code(204).send());

await server.listen({ port: Number(PORT), host: "127.0.0.1" });
process.once("SIGTERM", () => server.close().then(() => database.close()));
