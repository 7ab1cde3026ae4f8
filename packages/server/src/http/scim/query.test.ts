import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startApplication } from "../../testing/application.ts";
import { refused, succeeded } from "../../testing/assert-answer.ts";
import { ENTERPRISE, group, LIST_RESPONSE, searchRequest, user } from "../../testing/scim-bodies.ts";

const server = await startApplication();
const { client } = server;
after(server.close);

let ann = "";

before(async () => {
  const people = [
    user("ann@example.com", {
      externalId: "E-1",
      displayName: "Ann",
      active: true,
      name: { familyName: "Zuse" },
      emails: [
        { value: "ann.work@example.com", type: "work", primary: true },
        { value: "z@home.example", type: "home" },
      ],
      [ENTERPRISE]: { department: "Sales", manager: { value: "boss" } },
    }),
    user("Bob@example.com", {
      externalId: "e-1",
      displayName: "bob",
      active: false,
      emails: [{ value: "bob@home.example", type: "home" }],
    }),
    user("carl@example.com", { displayName: "Carl", title: "Chief", active: true }),
  ];
  for (const person of people) succeeded(await client.post("/Users", person), 201);
  ann = (await client.get('/Users?filter=userName+eq+"ann@example.com"')).body.Resources[0].id;
  succeeded(await client.post("/Groups", group("Readers", { members: [{ value: ann }] })), 201);
});

async function found(filter: string): Promise<string[]> {
  const list = succeeded(await client.get(`/Users?filter=${encodeURIComponent(filter)}&sortBy=userName`), 200);
  const searched = succeeded(await client.post("/Users/.search", searchRequest({ filter, sortBy: "userName" })), 200);
  assert.deepEqual(searched, list, "GET and .search answer the same");
  assert.equal(list.totalResults, list.Resources.length);
  return list.Resources.map(({ userName }: { userName: string }) => userName.replace(/@.*/, "").toLowerCase());
}

test("a filter finds the same by GET and by .search (RFC 7644 §3.4.2.2, §3.4.3)", async () => {
  const cases: [string, string[]][] = [
    ['userName eq "ANN@EXAMPLE.COM"', ["ann"]],
    ['USERNAME EQ "bob@example.com"', ["bob"]],
    ['externalId eq "E-1"', ["ann"]],
    ['userName ne "ann@example.com"', ["bob", "carl"]],
    ['displayName co "A"', ["ann", "carl"]],
    ['displayName sw "b"', ["bob"]],
    ['userName ew ".COM"', ["ann", "bob", "carl"]],
    ["title pr", ["carl"]],
    ["not (title pr)", ["ann", "bob"]],
    ["active eq true", ["ann", "carl"]],
    ['displayName gt "ann" and displayName le "carl"', ["bob", "carl"]],
    ['active eq false or title eq "chief"', ["bob", "carl"]],
    ['active eq true and (title pr or displayName eq "Ann")', ["ann", "carl"]],
    ['emails[type eq "work"].value eq "ann.work@example.com"', ["ann"]],
    ['emails[type eq "home" and value ew "home.example"]', ["ann", "bob"]],
    ['emails co "home"', ["ann", "bob"]],
    ['name.familyName eq "zuse"', ["ann"]],
    [`${ENTERPRISE}:department eq "sales"`, ["ann"]],
    ['manager eq "boss"', ["ann"]],
    ['urn:ietf:params:scim:schemas:core:2.0:User:userName eq "ann@example.com"', ["ann"]],
    ['meta.created gt "2020-01-01T00:00:00Z" and meta.resourceType eq "User"', ["ann", "bob", "carl"]],
    [`id eq "${ann}"`, ["ann"]],
    ['groups.display eq "readers"', ["ann"]],
    ['userName eq "\\u0061nn@example.com"', ["ann"]],
    ['userName eq "\'; DROP TABLE users; --"', []],
    ['userName eq "100%_"', []],
  ];
  for (const [filter, expected] of cases) assert.deepEqual(await found(filter), expected, filter);
});

test("a filter without matches returns 200 with an empty ListResponse, as Entra ID's test expects", async () => {
  for (const path of ["/Users", "/Groups"]) {
    const attribute = path === "/Users" ? "userName" : "displayName";
    const probe = `${path}?filter=${attribute}+eq+"8b5d0c1e-9f3e-4b52-a5a0-a2e2b0f1c9d3"`;
    assert.deepEqual(succeeded(await client.get(probe), 200), {
      schemas: [LIST_RESPONSE],
      totalResults: 0,
      startIndex: 1,
      itemsPerPage: 0,
      Resources: [],
    });
  }
});

test("groups are found by name and by member, even without members in the response", async () => {
  const byName = await client.get('/Groups?excludedAttributes=members&filter=displayName+eq+"READERS"');
  const [readers] = succeeded(byName, 200).Resources;
  assert.equal(readers.displayName, "Readers");
  assert.equal("members" in readers, false);
  const byMember = await client.get(`/Groups?filter=${encodeURIComponent(`members[value eq "${ann}"]`)}`);
  assert.equal(succeeded(byMember, 200).totalResults, 1);
  const reference = `id eq "${readers.id}" and members eq "${ann}"`;
  const check = await client.get(`/Groups?attributes=id&filter=${encodeURIComponent(reference)}`);
  assert.deepEqual(Object.keys(succeeded(check, 200).Resources[0]), ["schemas", "id"]);
});

test("a list contains the same of each user as GET of the user", async () => {
  const { Resources } = succeeded(await client.get("/Users"), 200);
  for (const resource of Resources) assert.deepEqual((await client.get(`/Users/${resource.id}`)).body, resource);
  assert.equal(Resources.length, 3);
});

async function order(query: string): Promise<string> {
  const { Resources } = succeeded(await client.get(`/Users?${query}`), 200);
  return Resources.map(({ userName }: { userName: string }) => userName.charAt(0).toLowerCase()).join("");
}

test("sortBy and sortOrder sort the response, ignoring letter case unless the attribute is case-exact (RFC 7644 §3.4.2.3)", async () => {
  assert.equal(await order("sortBy=userName"), "abc");
  assert.equal(await order("sortBy=userName&sortOrder=ascending"), "abc");
  assert.equal(await order("sortBy=USERNAME&sortOrder=Descending"), "cba");
  assert.equal(await order("sortBy=displayName&sortOrder=descending"), "cba");
  assert.equal(await order("sortBy=meta.created&sortOrder=descending"), "cba");
  assert.equal(await order(`sortBy=${ENTERPRISE}:department`), "abc");
});

test("users without the value come last ascending and first descending (RFC 7644 §3.4.2.3)", async () => {
  assert.equal(await order("sortBy=title"), "cab");
  assert.equal((await order("sortBy=title&sortOrder=descending")).at(-1), "c");
  assert.equal(await order("sortBy=name.familyName"), "abc");
});

test("a multi-valued attribute is sorted by its primary value, otherwise by its first (RFC 7644 §3.4.2.3)", async () => {
  assert.equal(await order("sortBy=emails"), "abc");
  assert.equal((await order("sortBy=emails.value&sortOrder=descending")).slice(1), "ba");
});

test("an invalid query is rejected with the position and the reason", async () => {
  const cases: [string, string, RegExp][] = [
    ["filter=userName", "invalidFilter", /^filter: .*operator|expected/],
    ["filter=userName%20eq", "invalidFilter", /a value: a string in double quotes.*but the filter ends/],
    ["filter=usrName%20eq%20%22x%22", "invalidFilter", /no attribute "usrName"\. Did you mean userName\?/],
    ["filter=(userName%20pr", "invalidFilter", /filter: /],
    ["filter=userName%20like%20%22x%22", "invalidFilter", /co/],
    ["filter=password%20eq%20%22x%22", "invalidFilter", /password is never returned/],
    ["filter=active%20gt%20true", "invalidFilter", /active/],
    ["sortBy=nothing", "invalidValue", /^sortBy: User has no attribute "nothing"/],
    ["sortBy=name", "invalidValue", /name is complex; name a sub-attribute, such as name\.formatted/],
    ["sortBy=name.", "invalidValue", /^sortBy: at character 1, expected an attribute name/],
    ["sortOrder=up", "invalidValue", /ascending or descending/],
    ["startIndex=one", "invalidValue", /startIndex must be a whole number/],
    ["count=1.5", "invalidValue", /count must be a whole number/],
  ];
  for (const [query, scimType, detail] of cases) refused(await client.get(`/Users?${query}`), 400, scimType, detail);
});

test("an invalid SearchRequest is rejected with its correct form (RFC 7644 §3.4.3)", async () => {
  const cases: [unknown, string, RegExp][] = [
    [[], "invalidSyntax", /SearchRequest is a JSON object, but an array/],
    [{ filter: "userName pr" }, "invalidSyntax", /SearchRequest has "schemas"/],
    [searchRequest({ filter: 1 }), "invalidValue", /filter must be a string, but a number/],
    [searchRequest({ count: "many" }), "invalidValue", /count must be a whole number/],
    [searchRequest({ attributes: { a: 1 } }), "invalidValue", /attributes must be attribute names/],
    [searchRequest({ filter: "((" }), "invalidFilter", /filter: /],
  ];
  for (const [body, scimType, detail] of cases) {
    refused(await client.post("/Users/.search", body), 400, scimType, detail);
  }
});

test("a filter may have the maximum of conditions, with an index or without", async () => {
  const asked = (one: (index: number) => string, count: number, path: string) => {
    const filter = Array.from({ length: count }, (_, index) => one(index)).join(" or ");
    return client.post(`${path}/.search`, searchRequest({ filter }));
  };
  const unindexed: ((index: number) => string)[] = [
    (index) => `emails[type eq "w${index}"]`,
    (index) => `title eq "${index}"`,
    (index) => `userName co "n${index}"`,
    (index) => `groups.display eq "${index}"`,
  ];
  for (const one of unindexed) {
    for (const path of ["/Users", ""]) succeeded(await asked(one, 400, path), 200);
  }
  succeeded(await asked((index) => `not (nickName pr and userName eq "n${index}")`, 200, "/Users"), 200);
  const terms = (count: number) => Array.from({ length: count }, (_, index) => `display co "${index}"`).join(" or ");
  for (const [path, name] of [
    ["/Users", "emails"],
    ["", "emails"],
    ["/Groups", "members"],
  ] as const) {
    succeeded(await asked(() => `not (${name}[${terms(300)}])`, 1, path), 200);
  }
  const indexed: ((index: number) => string)[] = [
    (index) => `userName eq "nobody${index}"`,
    (index) => `id eq "${index}"`,
    (index) => `emails.value eq "nobody${index}"`,
    (index) => `emails[value eq "nobody${index}"]`,
  ];
  for (const one of indexed) succeeded(await asked(one, 400, "/Users"), 200);
  succeeded(await asked((index) => `emails[type eq "work" and value eq "${index}"]`, 240, "/Users"), 200);
});
