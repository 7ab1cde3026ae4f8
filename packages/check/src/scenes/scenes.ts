import { ENTERPRISE, group, OKTA, op, type Scene, type Step, user, users } from "./scene.ts";

// What Entra ID, Okta, OneLogin and scripts really send when provisioning goes wrong, and some of it when it goes well.

const [ALICE, BOB] = [users("alice"), users("bob")];
const TEAM = ["alice", "bob", "carol", "dan", "eve", "frank", "grace", "heidi", "ivan", "judy"] as const;
const IDS = TEAM.map((name) => `$${name}`);
const WORK_EMAIL = 'emails[type eq "work"].value';
const FINANCE: Step[] = [...users(...TEAM), ["finance = POST /Groups", group("Finance", ...IDS)]];
const values = (...ids: readonly string[]) => ids.map((value) => ({ value }));

const LOSSES: Scene[] = [
  {
    name: "Okta PUTs a profile without the department that a script maintains",
    steps: [
      ["alice = POST /Users", user("alice", { title: "Lead", [ENTERPRISE]: { department: "Retail" } })],
      ["PUT /Users/$alice", user("alice"), OKTA],
    ],
  },
  {
    name: "Okta replaces the members of a group by an empty list",
    steps: [...FINANCE, ["PATCH /Groups/$finance", [op("replace", "members", [])], OKTA]],
  },
  {
    name: "a script PUTs a group with two of its ten members",
    steps: [...FINANCE, ["PUT /Groups/$finance", group("Finance", "$alice", "$bob")]],
  },
  {
    name: "a script removes members without saying which",
    steps: [...FINANCE, ["PATCH /Groups/$finance", [op("remove", "members")]]],
  },
  {
    name: "Entra ID removes five members, one request each",
    steps: [
      ...FINANCE,
      ...IDS.slice(0, 5).map((id): Step => ["PATCH /Groups/$finance", [op("Remove", "members", values(id))]]),
    ],
  },
  {
    name: "Entra ID removes one member with a value",
    isFine: true,
    steps: [...FINANCE, ["PATCH /Groups/$finance", [op("Remove", "members", [{ $ref: null, value: "$bob" }])]]],
  },
  {
    name: "a PUT sends one e-mail address as a text",
    says: "type (it was work)",
    steps: [...ALICE, ["PUT /Users/$alice", user("alice", { emails: "alice@example.com" })]],
  },
  {
    name: "a mapping sends an empty display name",
    says: "removed alice@example.com's display name",
    isFine: true,
    steps: [...ALICE, ["PATCH /Users/$alice", [op("Replace", "displayName", "")]]],
  },
  {
    name: "Entra ID deactivates half of all users after a wrong scoping filter",
    steps: [
      ...users(...TEAM),
      ...IDS.slice(0, 5).map((id): Step => [`PATCH /Users/${id}`, [op("Replace", "active", "False")]]),
    ],
  },
  {
    name: "a clean-up script deletes five users",
    steps: [...users(...TEAM), ...IDS.slice(0, 5).map((id): Step => [`DELETE /Users/${id}`])],
  },
  {
    name: "a script deletes a group that has members",
    isFine: true,
    steps: [...FINANCE, ["DELETE /Groups/$finance"]],
  },
];

const IDENTITIES: Scene[] = [
  { name: "Entra ID creates a user who exists", steps: [...ALICE, ["POST /Users", user("alice")]] },
  {
    name: "Entra ID creates a user who exists in another letter case",
    steps: [...ALICE, ["POST /Users", { ...user("alice"), userName: "Alice@Example.COM" }]],
  },
  {
    name: "a reply was lost, and the create is sent again and again",
    says: "was repeated 5 times",
    steps: [["POST /Users", user("alice"), { times: 6 }]],
  },
  {
    name: "Entra ID creates somebody who was deactivated",
    steps: [...ALICE, ["PATCH /Users/$alice", [op("Replace", "active", "False")]], ["POST /Users", user("alice")]],
  },
  {
    name: "Entra ID creates somebody whom a script deleted",
    says: "identity.recreated",
    saysNot: "identity.moved",
    steps: [...ALICE, ["DELETE /Users/$alice", undefined, { as: "HR script" }], ["POST /Users", user("alice")]],
  },
  {
    name: "Entra ID changes a user whom a script deleted",
    steps: [
      ...ALICE,
      ["DELETE /Users/$alice", undefined, { as: "HR script" }],
      ["PATCH /Users/$alice", [op("Replace", "title", "Lead")]],
    ],
  },
  {
    name: "Entra ID renames a user to the userName of another",
    steps: [...ALICE, ...BOB, ["PATCH /Users/$alice", [op("Replace", "userName", "bob@example.com")]]],
  },
  {
    name: "Okta renames somebody after a marriage",
    steps: [...ALICE, ["PATCH /Users/$alice", [op("replace", undefined, { userName: "aly@example.com" })], OKTA]],
  },
  {
    name: "two people get the same externalId",
    steps: [...ALICE, ["POST /Users", user("bob", { externalId: "ext-alice" })]],
  },
  {
    name: "an address moves from a leaver to a newcomer",
    steps: [
      ...ALICE,
      ["PATCH /Users/$alice", [op("Replace", WORK_EMAIL, "old@example.com")]],
      ["POST /Users", user("bob", { emails: [{ type: "work", value: "alice@example.com" }] })],
    ],
  },
  {
    name: "a second group has the name of the first",
    saysNot: "two different people",
    steps: [...FINANCE, ["POST /Groups", group("Finance")]],
  },
  {
    name: "Entra ID reads a user who never existed",
    says: "connection test",
    steps: [["GET /Users/26118915-6090-4610-87e4-49d8ca9f808d"]],
    isFine: true,
  },
  { name: "Entra ID deletes a user twice", steps: [...ALICE, ["DELETE /Users/$alice", undefined, { times: 2 }]] },
  {
    name: "a mapping has no value for userName",
    steps: [["POST /Users", { ...user("alice"), userName: "" }]],
  },
  {
    name: "a body has no userName",
    steps: [["POST /Users", { schemas: user("a")["schemas"] ?? [], displayName: "Alice" }]],
  },
];

const REFERENCES: Scene[] = [
  {
    name: "Entra ID adds a member that it never created here",
    steps: [
      ["finance = POST /Groups", group("Finance")],
      ["PATCH /Groups/$finance", [op("Add", "members", values("u1"))]],
    ],
  },
  {
    name: "Entra ID adds a member that it never created, and the endpoint rejects it",
    settings: { danglingReferences: "refuse" },
    steps: [
      ["finance = POST /Groups", group("Finance")],
      ["PATCH /Groups/$finance", [op("Add", "members", values("u1"))]],
    ],
  },
  {
    name: "Entra ID adds a member who was deleted",
    steps: [...FINANCE, ["DELETE /Users/$alice"], ["PATCH /Groups/$finance", [op("Add", "members", values("$alice"))]]],
  },
  {
    name: "Entra ID sets a manager by userName",
    says: "looks like a name",
    steps: [...ALICE, ["PATCH /Users/$alice", [op("Add", `${ENTERPRISE}:manager`, "bob@example.com")]]],
  },
  {
    name: "Entra ID sets a manager who was deleted",
    saysNot: "does not define",
    steps: [
      ...ALICE,
      ...BOB,
      ["DELETE /Users/$bob"],
      ["PATCH /Users/$alice", [op("Add", "manager", [{ value: "$bob" }])]],
    ],
  },
  {
    name: "somebody becomes their own manager",
    steps: [...ALICE, ["PATCH /Users/$alice", [op("Replace", `${ENTERPRISE}:manager`, "$alice")]]],
  },
  {
    name: "two people manage each other",
    steps: [
      ...ALICE,
      ...BOB,
      ["PATCH /Users/$alice", [op("Replace", `${ENTERPRISE}:manager`, "$bob")]],
      ["PATCH /Users/$bob", [op("Replace", `${ENTERPRISE}:manager`, "$alice")]],
    ],
  },
  {
    name: "Entra ID clears a manager",
    saysNot: "type.value",
    isFine: true,
    steps: [
      ...ALICE,
      ...BOB,
      ["PATCH /Users/$alice", [op("Add", "manager", [{ value: "$bob" }])]],
      ["PATCH /Users/$alice", [op("Replace", `${ENTERPRISE}:manager`, "")]],
    ],
  },
];

const NAMES: Scene[] = [
  { name: "a mapping's target is misspelled", steps: [["POST /Users", user("alice", { dipslayName: "Alice" })]] },
  {
    name: "a mapping uses Active Directory's name",
    steps: [["POST /Users", user("alice", { telephoneNumber: "+1 555" })]],
  },
  {
    name: "the malformed enterprise URN that is in circulation",
    steps: [
      [
        "POST /Users",
        user("alice", { "urn:ietf:params:scim:schemas:extension:enterprise:2.0User": { department: "HR" } }),
      ],
    ],
  },
  {
    name: "OneLogin sends schemas of SCIM 1.1",
    steps: [
      [
        "POST /Users",
        user("alice", { schemas: ["urn:scim:schemas:core:1.0"] }),
        { headers: { "user-agent": "OneLogin SCIM" } },
      ],
    ],
  },
  {
    name: "a strict endpoint gets an unknown attribute",
    settings: { profile: "strict" },
    steps: [["POST /Users", user("alice", { costCentre: "12" })]],
  },
  {
    name: "a strict endpoint gets Entra ID's capital letters and texts for booleans",
    settings: { profile: "strict" },
    steps: [...ALICE, ["PATCH /Users/$alice", [op("Replace", "active", "False")]]],
  },
  { name: "the path is in lower case", steps: [["GET /users"]] },
  { name: "the tenant URL ends in a slash", isFine: true, steps: [["GET //Users?count=1"]] },
  { name: "the tenant URL has no version", steps: [["GET ~/scim/Users"]] },
  { name: "the tenant URL was entered twice", steps: [["GET ~$base$base/Users"]] },
  { name: "the tenant URL names an endpoint that does not exist", steps: [["GET ~/scim/endpoints/contosso/v2/Users"]] },
  {
    name: "a PATCH path that no attribute has",
    steps: [...ALICE, ["PATCH /Users/$alice", [op("Replace", "mangaer", "x")]]],
  },
  {
    name: "a filter that is not closed",
    steps: [['GET /Users?filter=userName eq "alice']],
  },
  {
    name: "a filter on an attribute that does not exist",
    says: "Did you mean userName",
    steps: [['GET /Users?filter=loginName eq "alice"']],
  },
  {
    name: "a PATCH removes a value that is not there",
    steps: [...ALICE, ["PATCH /Users/$alice", [op("Remove", "nickName")]]],
    isFine: true,
  },
];

const FORMS: Scene[] = [
  { name: "active comes as a text", steps: [["POST /Users", user("alice", { active: "True" })]] },
  {
    name: "a body comes as plain text",
    steps: [["POST /Users", user("alice"), { headers: { "content-type": "text/plain" } }]],
  },
  {
    name: "a token request's form goes to Users",
    steps: [["POST /Users", "userName=alice", { headers: { "content-type": "application/x-www-form-urlencoded" } }]],
  },
  {
    name: "a body is compressed",
    saysNot: "Send Content-Type",
    steps: [["POST /Users", user("alice"), { headers: { "content-encoding": "gzip" } }]],
  },
  {
    name: "a body is cut off",
    steps: [["POST /Users", '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ali']],
  },
  { name: "a body is empty", steps: [["POST /Users", ""]] },
  { name: "a PATCH has no operations", steps: [...ALICE, ["PATCH /Users/$alice", []]] },
  {
    name: "a PATCH has an unknown operation",
    steps: [...ALICE, ["PATCH /Users/$alice", [op("update", "title", "Lead")]]],
  },
  {
    name: "a PATCH sends a resource instead of operations",
    steps: [...ALICE, ["PATCH /Users/$alice", { displayName: "Al" }]],
  },
  {
    name: "a user is posted to Groups",
    says: "/v2/Users",
    saysNot: "name.attribute",
    steps: [["POST /Groups", user("alice")]],
  },
  { name: "Okta sends a password", steps: [["POST /Users", user("alice", { password: "pl4nted-Secret" }), OKTA]] },
  {
    name: "a body is larger than allowed",
    settings: { limits: { maxBodyBytes: 1_024 } },
    steps: [["POST /Users", user("alice", { title: "L".repeat(2_000) })]],
  },
  {
    name: "a version is out of date",
    steps: [...ALICE, ["PUT /Users/$alice", user("alice"), { headers: { "if-match": 'W/"0"' } }]],
  },
  {
    name: "an application without PATCH gets one",
    settings: { features: { patch: false } },
    steps: [...ALICE, ["PATCH /Users/$alice", [op("Replace", "title", "Lead")]]],
  },
  {
    name: "groups are switched off",
    says: "features.groups",
    settings: { features: { groups: false } },
    steps: [["GET /Groups?count=1"]],
  },
];

const ACCESS: Scene[] = [
  { name: "no token", steps: [["GET /Users?count=1", undefined, { token: null }]] },
  { name: "a wrong token", steps: [["GET /Users?count=1", undefined, { token: "wrong-token-of-somebody" }]] },
  {
    name: "a token with the word Bearer twice",
    steps: [["GET /Users?count=1", undefined, { token: "Bearer abcdefghijkl" }]],
  },
  {
    name: "a JWT of Entra ID that no trust accepts",
    steps: [
      [
        "GET /Users",
        undefined,
        { token: "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwczovL3N0cy53aW5kb3dzLm5ldC90LyJ9.c2ln" },
      ],
    ],
  },
  {
    name: "basic authentication",
    steps: [["GET /Users", undefined, { token: null, headers: { authorization: "Basic YTpi" } }]],
  },
  {
    name: "Entra ID tests the connection",
    isFine: true,
    steps: [['GET /Users?filter=userName eq "7b0d6e3c-9d55-4c63-8a5c-1f0a1f4c9b77"']],
  },
];

const HABITS: Scene[] = [
  {
    name: "a client does not compare and writes the same again",
    steps: [...ALICE, ["PATCH /Users/$alice", [op("Replace", "title", "Lead")], { times: 4 }]],
  },
  {
    name: "two clients overwrite each other's title",
    says: "The clients have different values",
    steps: [
      ...ALICE,
      ...["Lead", "Manager", "Lead", "Manager"].map(
        (title, at): Step => [
          "PATCH /Users/$alice",
          [op("Replace", "title", title)],
          { as: at % 2 === 0 ? "Entra" : "HR script" },
        ],
      ),
    ],
  },
  {
    name: "Okta and OneLogin share one token",
    steps: [
      ["GET /Users?startIndex=1&count=2", undefined, OKTA],
      ["GET /Users?startIndex=1&count=2", undefined, { headers: { "user-agent": "OneLogin SCIM" } }],
    ],
  },
  {
    name: "a search without an index",
    settings: { findings: { searchedResources: 5 } },
    steps: [...users(...TEAM), ['GET /Users?filter=title eq "Lead"']],
  },
  {
    name: "a list longer than a page",
    settings: { limits: { maxPageSize: 5 } },
    steps: [...users(...TEAM), ["GET /Users"]],
  },
  {
    name: "a client is faster than allowed",
    says: "send requests more slowly",
    saysNot: "send less",
    settings: { limits: { requestsPerSecond: 1 } },
    steps: [["GET /Users?count=1", undefined, { times: 5 }]],
  },
  {
    name: "a bulk request has too many operations",
    settings: { limits: { maxBulkOperations: 1 } },
    steps: [
      [
        "POST /Bulk",
        {
          schemas: ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
          Operations: [
            { method: "DELETE", path: "/Users/1" },
            { method: "DELETE", path: "/Users/2" },
          ],
        },
      ],
    ],
  },
  {
    name: "Entra ID gives a work address to somebody without one",
    isFine: true,
    steps: [
      ["alice = POST /Users", user("alice", { emails: [] })],
      ["PATCH /Users/$alice", [op("Replace", WORK_EMAIL, "a@example.com")]],
    ],
  },
];

export const SCENES: readonly Scene[] = [
  ...LOSSES,
  ...IDENTITIES,
  ...REFERENCES,
  ...NAMES,
  ...FORMS,
  ...ACCESS,
  ...HABITS,
];
