import assert from "node:assert/strict";
import { after, test } from "node:test";
import fc from "fast-check";
import { startApplication } from "../../testing/application.ts";
import { bulk, idOf, post, statuses } from "../../testing/bulk.ts";
import { type Answer, type AnyJson, type Client, PATCH_OP } from "../../testing/client.ts";
import { makeEndpoint } from "../../testing/endpoint.ts";
import { group, user } from "../../testing/scim-bodies.ts";

// In the strict profile, an unknown member makes an operation fail after it has written a part.
const server = await startApplication({ profile: "strict" });
const together = await makeEndpoint(server, "together", { profile: "strict" });
const apart = await makeEndpoint(server, "apart", { profile: "strict" });
after(server.close);

let runs = 0;

/** The resource of an operation: an existing one, or one that the message creates. */
type Target = { readonly kind: "there" | "made"; readonly at: number };

type Operation =
  | { readonly method: "POST"; readonly path: "/Users" | "/Groups"; readonly name: string; readonly members: Target[] }
  | { readonly method: "PUT" | "PATCH"; readonly target: Target; readonly name: string; readonly members: Target[] }
  | { readonly method: "DELETE"; readonly target: Target };

type Versioned = Operation & { readonly version: string | undefined };

const USERS = 3;
const GROUPS = 2;
const NOBODY: Target = { kind: "there", at: -1 };

const target: fc.Arbitrary<Target> = fc.record({
  kind: fc.constantFrom("there" as const, "made" as const),
  at: fc.nat({ max: USERS + GROUPS - 1 }),
});
const members = fc.array(fc.oneof({ weight: 9, arbitrary: target }, { weight: 1, arbitrary: fc.constant(NOBODY) }), {
  maxLength: 3,
});
const name = fc.constantFrom("a", "b", "c", "d", "e", "f");
const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({
    method: fc.constant("POST" as const),
    path: fc.constantFrom("/Users" as const, "/Groups" as const),
    name,
    members,
  }),
  fc.record({ method: fc.constantFrom("PUT" as const, "PATCH" as const), target, name, members }),
  fc.record({ method: fc.constant("DELETE" as const), target }),
);
const version = fc.option(fc.constantFrom('W/"1"', 'W/"2"', "*"), { nil: undefined, freq: 3 });
const message: fc.Arbitrary<Versioned[]> = fc.array(
  fc.tuple(operation, version).map(([made, of]): Versioned => ({ ...made, version: of })),
  { minLength: 1, maxLength: 14 },
);

/** An operation as an element of a bulk request: its path and data, with `bulkId:` for new resources. */
type Sent = { method: string; path: string; bulkId?: string; version?: string; data?: AnyJson };

/**
 * Writes operations. A reference to a resource that is created later or never becomes one to an existing resource:
 * single requests can only refer to earlier ones.
 */
function write(operations: readonly Versioned[], there: readonly string[], prefix: string): Sent[] {
  const made: { bulkId: string; path: string }[] = [];
  const paths = (at: number) => (at < USERS ? "/Users" : "/Groups");
  const place = ({ kind, at }: Target): { path: string; id: string } => {
    const creator = kind === "made" ? made[at % Math.max(1, made.length)] : undefined;
    if (creator !== undefined) return { path: creator.path, id: `bulkId:${creator.bulkId}` };
    return { path: paths(at), id: there[at] ?? "nobody" };
  };
  const body = (path: string, named: string, to: readonly Target[]): object =>
    path === "/Users"
      ? user(`${prefix}${named}`, { title: named })
      : group(`${prefix}${named}`, { members: to.map((each) => ({ value: place(each).id })) });
  return operations.map((each, index): Sent => {
    if (each.method === "POST") {
      const sent = {
        method: "POST",
        path: each.path,
        bulkId: `b${index}`,
        data: body(each.path, each.name, each.members),
      };
      made.push({ bulkId: sent.bulkId, path: each.path });
      return sent;
    }
    const { path, id } = place(each.target);
    const head = { method: each.method, path: `${path}/${id}`, ...(each.version && { version: each.version }) };
    if (each.method === "DELETE") return head;
    if (each.method === "PUT") return { ...head, data: body(path, each.name, each.members) };
    const values = each.members.map((member) => ({ value: place(member).id }));
    const operations =
      path === "/Users"
        ? [{ op: "replace", path: "title", value: each.name }]
        : [
            { op: "add", path: "members", value: values },
            { op: "replace", path: "displayName", value: `${prefix}${each.name}` },
          ];
    return { ...head, data: { schemas: [PATCH_OP], Operations: operations } };
  });
}

async function populate(client: Client, prefix: string): Promise<string[]> {
  const ids: string[] = [];
  for (let at = 0; at < USERS; at++) ids.push((await client.post("/Users", user(`${prefix}u${at}`))).body.id);
  for (let at = 0; at < GROUPS; at++) {
    const [first] = ids;
    ids.push((await client.post("/Groups", group(`${prefix}g${at}`, { members: [{ value: first }] }))).body.id);
  }
  return ids;
}

/** Sends each operation as a separate request, and returns status and version of each. */
async function oneByOne(client: Client, sent: readonly Sent[]): Promise<string[]> {
  const ids = new Map<string, string>();
  const results: string[] = [];
  for (const { method, path, bulkId, version: ifMatch, data } of sent) {
    const text = JSON.stringify({ path, data: data ?? null });
    const means = [...text.matchAll(/bulkId:(b\d+)/g)].map(([, each]) => each ?? "");
    if (means.some((each) => !ids.has(each))) {
      results.push("400");
      continue;
    }
    const { path: url, data: body } = JSON.parse(text.replaceAll(/bulkId:(b\d+)/g, (_, each) => ids.get(each) ?? ""));
    const answer: Answer = await client.send(method, url, {
      ...(body !== null && { body }),
      ...(ifMatch && { headers: { "if-match": ifMatch } }),
    });
    if (answer.status === 201 && bulkId !== undefined) ids.set(bulkId, answer.body.id);
    // A PATCH of a group has no response body, and operations never have one.
    const status = method === "PATCH" && answer.status === 204 ? 200 : answer.status;
    results.push(status < 300 && method !== "DELETE" ? `${status} ${answer.headers.etag}` : `${status}`);
  }
  return results;
}

/** The state of everything, in a text that does not depend on IDs. */
async function stateOf(client: Client, prefix: string): Promise<AnyJson> {
  const list = async (path: string, attribute: string): Promise<AnyJson[]> =>
    (await client.get(`${path}?count=1000&filter=${encodeURIComponent(`${attribute} sw "${prefix}"`)}`)).body.Resources;
  const displays = (values: AnyJson[] = []) => values.map(({ display }) => display).sort();
  const users = await list("/Users", "userName");
  const groups = await list("/Groups", "displayName");
  return [
    ...users.map((each) => [each.userName, each.title, displays(each.groups), each.meta.version]),
    ...groups.map((each) => [each.displayName, displays(each.members), each.meta.version]),
  ].sort();
}

test("random messages have the same effect as their operations one by one: results, versions and the end state", async () => {
  await fc.assert(
    fc.asyncProperty(message, async (operations) => {
      const prefix = `r${++runs}-`;
      const before = await populate(together, prefix);
      const sent = write(operations, before, prefix);
      const results = await bulk(together, sent);
      const here = results.map(({ status, version: at }) => (at === undefined ? status : `${status} ${at}`));
      const there = await oneByOne(apart, write(operations, await populate(apart, prefix), prefix));
      assert.deepEqual(here, there);
      assert.deepEqual(await stateOf(together, prefix), await stateOf(apart, prefix));
      for (const { status, method, location } of results) {
        if (method === "POST") assert.equal(location !== undefined, status === "201");
      }
    }),
    { numRuns: 120 },
  );
});

test("the order of creations does not matter, whatever refers to what", async () => {
  const NAMES = ["p", "q", "r", "s", "t", "u"];
  const creating = fc
    .array(fc.subarray(NAMES), { minLength: NAMES.length, maxLength: NAMES.length })
    .chain((references) =>
      fc.tuple(fc.constant(references), fc.shuffledSubarray([...NAMES.keys()], { minLength: NAMES.length })),
    );
  await fc.assert(
    fc.asyncProperty(creating, async ([references, order]) => {
      const prefix = `s${++runs}-`;
      const operations = NAMES.map((each, at) =>
        post(
          each,
          "/Groups",
          group(prefix + each, { members: references[at]?.map((to) => ({ value: `bulkId:${to}` })) ?? [] }),
        ),
      );
      const results = await bulk(
        together,
        order.map((at) => operations[at] ?? {}),
      );
      assert.deepEqual(
        statuses(results),
        NAMES.map(() => "201"),
      );
      assert.deepEqual(
        results.map(({ bulkId }) => bulkId),
        order.map((at) => NAMES[at]),
      );
      const state = await stateOf(together, prefix);
      assert.deepEqual(
        state,
        NAMES.map((each, at) => [prefix + each, (references[at] ?? []).map((to) => prefix + to).sort(), 'W/"1"']),
      );
      assert.equal(new Set(results.map(idOf)).size, NAMES.length);
    }),
    { numRuns: 80 },
  );
});
