import { askForJson, createRequestBuilder } from "../client.ts";
import { addMembers, groupSchema } from "../population.ts";
import { benchSecret } from "../server-process.ts";

export type Request = { readonly name: string; readonly bytes: Buffer };

type Member = { readonly value: string };
type Listed = { readonly Resources: readonly { readonly id: string }[] };

const build = createRequestBuilder(benchSecret);
const userSchema = "urn:ietf:params:scim:schemas:core:2.0:User";
const searchSchema = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
const bulkSchema = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";

/** Requests that a client with a token can send, from harmless to as bad as possible. */
export async function requests(port: number): Promise<Request[]> {
  const ids = async (path: string) =>
    ((await askForJson(port, build("GET", path))) as Listed).Resources.map(({ id }) => id);
  const userIds = await ids("/Users?count=1000&attributes=id");
  const [largeGroup = "", otherGroup = ""] = await ids("/Groups?count=2&attributes=id");
  const { members } = (await askForJson(port, build("GET", `/Groups/${largeGroup}`))) as { members: Member[] };
  const allUserIds = members.map(({ value }) => value);
  const get = (name: string, path: string): Request => ({ name, bytes: build("GET", path) });
  const filtered = (name: string, type: string, filter: string): Request =>
    get(name, `/${type}?count=1&filter=${encodeURIComponent(filter)}`);
  const search = (name: string, type: string, filter: string): Request => ({
    name,
    bytes: build("POST", `/${type}/.search`, { schemas: [searchSchema], filter, count: 1 }),
  });
  const or = (count: number, term: (at: number) => string): string =>
    Array.from({ length: count }, (_, at) => term(at)).join(" or ");
  return [
    get("GET a user", `/Users/${userIds[0]}`),
    get("GET 100 users", "/Users?count=100"),
    get("GET 1,000 users", "/Users?count=1000"),
    get("GET a group of 50,000", `/Groups/${largeGroup}`),
    get("GET a group of 50,000, some attributes", `/Groups/${largeGroup}?attributes=displayName,members.value`),
    get("GET 1,000 groups with 350,000 members", "/Groups?count=1000"),
    filtered("members.display co, once", "Groups", 'members.display co "zz0"'),
    filtered(
      "members.display co, 50 times",
      "Groups",
      or(50, (at) => `members.display co "zz${at}"`),
    ),
    search(
      "displayName gt, 400 times",
      "Users",
      or(400, (at) => `displayName gt "zz${at}"`),
    ),
    search(
      "title gt, 400 times",
      "Users",
      or(400, (at) => `title gt "zz${at}"`),
    ),
    filtered("groups[display co], 20 times", "Users", `groups[${or(20, (at) => `display co "zz${at}"`)}]`),
    get("sorted by nickName", "/Users?count=1&sortBy=nickName"),
    { name: "8 MB of empty objects, search", bytes: raw("/Users/.search", `{"x":[${"{},".repeat(2_700_000)}{}]}`) },
    { name: "200,000 empty objects, search", bytes: raw("/Users/.search", `{"x":[${"{},".repeat(99_000)}{}]}`) },
    { name: "1 MB with names of secrets, create", bytes: raw("/Users", withSecrets(1_000_000)) },
    { name: "250 KB with names of secrets, create", bytes: raw("/Users", withSecrets(250_000)) },
    { name: "PATCH adds 1,000 members", bytes: addMembers(otherGroup, userIds) },
    { name: "PUT 50,000 members", bytes: build("PUT", `/Groups/${otherGroup}`, groupOf(allUserIds)) },
    { name: "Bulk creates 1,000 users", bytes: build("POST", "/Bulk", bulk(1_000)) },
  ];
}

function raw(path: string, body: string): Buffer {
  const [head = ""] = build("POST", path, {}).toString("latin1").split("Content-Length");
  return Buffer.from(`${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

function withSecrets(bytes: number): string {
  const members = Array.from({ length: bytes / 25 }, (_, at) => `"password${at}":"${at}"`);
  return `{"schemas":["${userSchema}"],"userName":"secrets${bytes}",${members.join(",")}}`;
}

function groupOf(ids: readonly string[]): unknown {
  return { schemas: [groupSchema], displayName: "Everybody", members: ids.map((value) => ({ value })) };
}

function bulk(count: number): unknown {
  const Operations = Array.from({ length: count }, (_, at) => ({
    method: "POST",
    path: "/Users",
    bulkId: `u${at}`,
    data: { schemas: [userSchema], userName: `bulk${at}`, password: `secret-${at}` },
  }));
  return { schemas: [bulkSchema], Operations };
}
