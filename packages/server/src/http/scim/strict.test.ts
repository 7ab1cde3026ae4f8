import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { TOLERANCES, type ToleranceCode } from "@scimtool/scim";
import { startApplication } from "../../testing/application.ts";
import { changingNothing, refused } from "../../testing/assert-answer.ts";
import { type Answer, type Client, PATCH_OP } from "../../testing/client.ts";
import { ENTERPRISE, group, USER, user } from "../../testing/scim-bodies.ts";

const strict = await startApplication({ profile: "strict" });
const tolerant = await startApplication();
after(async () => {
  await strict.close();
  await tolerant.close();
});

type Request = (client: Client, paths: { user: string; group: string; member: string }) => Promise<Answer>;

const patchUser =
  (operation: object): Request =>
  (client, paths) =>
    client.patch(paths.user, [operation]);
const create =
  (attributes: object): Request =>
  (client) =>
    client.post("/Users", user("strict", attributes));
const search =
  (filter: string): Request =>
  (client) =>
    client.get(`/Users?filter=${encodeURIComponent(filter)}`);
const extended = (attributes: object) => create({ schemas: [USER, ENTERPRISE], [ENTERPRISE]: attributes });

const MALFORMED_URN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0User:department";

/** These resource types have no number, and an endpoint setting decides about unknown references. */
type Elsewhere = "string-number" | "dangling-reference";
const ELSEWHERE: readonly string[] = ["string-number", "dangling-reference"] satisfies Elsewhere[];

/** One request for each tolerance, as clients send it. */
const REQUESTS: Record<Exclude<ToleranceCode, Elsewhere>, Request> = {
  "operation-case": patchUser({ op: "Replace", path: "title", value: "x" }),
  "message-schema": (client, paths) =>
    client.send("PATCH", paths.user, { body: { Operations: [{ op: "add", path: "title", value: "x" }] } }),
  "operations-shape": (client, paths) =>
    client.send("PATCH", paths.user, {
      body: { schemas: [PATCH_OP], Operations: { op: "add", path: "title", value: "x" } },
    }),
  "string-boolean": create({ active: "True" }),
  "scalar-as-string": create({ title: 5 }),
  "single-value-as-array": create({ title: ["x"] }),
  "array-as-single-value": create({ emails: { value: "a@b" } }),
  "complex-as-value": extended({ manager: "26118915" }),
  "empty-complex": extended({ manager: "" }),
  "several-primary": create({
    emails: [
      { value: "a", primary: true },
      { value: "b", primary: true },
    ],
  }),
  "undeclared-schema": create({ [ENTERPRISE]: { department: "Retail" } }),
  "missing-schemas": (client) => client.post("/Users", { userName: "strict" }),
  "unknown-schema": create({ schemas: [USER, "urn:example:unknown"] }),
  "unknown-attribute": create({ shoeSize: 38 }),
  "malformed-urn": patchUser({ op: "add", path: MALFORMED_URN, value: "Retail" }),
  "unqualified-extension-attribute": patchUser({ op: "add", path: "department", value: "Retail" }),
  "dotted-name": patchUser({ op: "add", value: { "name.givenName": "K" } }),
  "qualified-name": patchUser({ op: "add", value: { [`${ENTERPRISE}:department`]: "Retail" } }),
  "value-filter-name": patchUser({ op: "add", value: { 'emails[type eq "work"].value': "n@example.com" } }),
  "remove-with-value": (client, paths) =>
    client.patch(paths.group, [{ op: "remove", path: "members", value: [{ value: paths.member }] }]),
  "target-created": patchUser({ op: "replace", path: 'emails[type eq "other"].value', value: "n@example.com" }),
  "target-absent": patchUser({ op: "remove", path: 'emails[type eq "nothing"]' }),
  "read-only-ignored": patchUser({ op: "replace", value: { id: "abf4", title: "x" } }),
  "empty-filter": search(""),
  "unquoted-value": search("externalId eq 0a21f0f2"),
  "value-path-comparison": search('emails[type eq "work"].value eq "a@b"'),
  "missing-space": search('userName eq"strict"'),
};

async function fixture({ client }: typeof strict): Promise<{ user: string; group: string; member: string }> {
  const created = await client.post("/Users", user("fixture", { emails: [{ value: "a@b", type: "work" }] }));
  const member: string = created.body.id;
  const holder = await client.post("/Groups", group("Fixture", { members: [{ value: member }] }));
  return { user: `/Users/${member}`, group: `/Groups/${holder.body.id}`, member };
}

let strictPaths = { user: "", group: "", member: "" };
let tolerantPaths = strictPaths;

before(async () => {
  strictPaths = await fixture(strict);
  tolerantPaths = await fixture(tolerant);
});

test("there is a request for every tolerance, except text for a number, which User and Group do not have", () => {
  assert.deepEqual(
    Object.keys(REQUESTS).sort(),
    Object.keys(TOLERANCES)
      .filter((code) => !ELSEWHERE.includes(code))
      .sort(),
  );
});

for (const [code, request] of Object.entries(REQUESTS)) {
  const { scimType, rule } = TOLERANCES[code as ToleranceCode];
  test(`${code} is rejected as ${scimType} in the strict profile, citing the rule, and accepted in the tolerant one`, async () => {
    await changingNothing(strict.client, async () => {
      const answer = await request(strict.client, strictPaths);
      refused(answer, 400, scimType, /is refused in the strict profile \(RFC 764[34] §/);
      assert.ok(answer.body.detail.includes(rule), answer.body.detail);
    });
    const done = await request(tolerant.client, tolerantPaths);
    assert.ok([200, 201, 204].includes(done.status), done.text);
    if (done.status === 201) await tolerant.client.delete(`/Users/${done.body.id}`);
  });
}
