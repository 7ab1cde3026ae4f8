import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startApplication } from "../../testing/application.ts";
import { succeeded } from "../../testing/assert-answer.ts";
import { ENTERPRISE, GROUP, searchRequest, USER, user } from "../../testing/scim-bodies.ts";

// The examples of the RFCs, which the strict profile must accept unchanged. One is omitted: RFC 7644 §3.5.2.2 has
// `members[value eq"2819c223…"]`, which its own grammar (§3.4.2.2, Figure 1) forbids.

const server = await startApplication({ profile: "strict" });
const { admin, client } = server;
after(server.close);

// The managers and members of the examples do not exist on this server.
const settings = { danglingReferences: "accept" };
assert.equal((await admin.send("PATCH", "/api/endpoints/default", { body: { settings } })).status, 200);

const FULL_USER = {
  schemas: [USER, ENTERPRISE],
  id: "2819c223-7f76-453a-919d-413861904646",
  externalId: "701984",
  userName: "bjensen@example.com",
  name: {
    formatted: "Ms. Barbara J Jensen, III",
    familyName: "Jensen",
    givenName: "Barbara",
    middleName: "Jane",
    honorificPrefix: "Ms.",
    honorificSuffix: "III",
  },
  displayName: "Babs Jensen",
  nickName: "Babs",
  profileUrl: "https://login.example.com/bjensen",
  emails: [
    { value: "bjensen@example.com", type: "work", primary: true },
    { value: "babs@jensen.org", type: "home" },
  ],
  addresses: [
    {
      streetAddress: "100 Universal City Plaza",
      locality: "Hollywood",
      region: "CA",
      postalCode: "91608",
      country: "USA",
      formatted: "100 Universal City Plaza\nHollywood, CA 91608 USA",
      type: "work",
      primary: true,
    },
    { streetAddress: "456 Hollywood Blvd", locality: "Hollywood", region: "CA", postalCode: "91608", type: "home" },
  ],
  phoneNumbers: [
    { value: "555-555-5555", type: "work" },
    { value: "555-555-4444", type: "mobile" },
  ],
  ims: [{ value: "someaimhandle", type: "aim" }],
  photos: [{ value: "https://photos.example.com/profilephoto/72930000000Ccne/F", type: "photo" }],
  userType: "Employee",
  title: "Tour Guide",
  preferredLanguage: "en-US",
  locale: "en-US",
  timezone: "America/Los_Angeles",
  active: true,
  password: "t1meMa$heen",
  groups: [{ value: "e9e30dba", $ref: "../Groups/e9e30dba", display: "Tour Guides" }],
  x509Certificates: [{ value: "MIIDQzCCAqygAwIBAgICEAAwDQYJKoZIhvcNAQEFBQAwTjELMAkGA1UEBhMCVVMx" }],
  [ENTERPRISE]: {
    employeeNumber: "701984",
    costCenter: "4130",
    organization: "Universal Studios",
    division: "Theme Park",
    department: "Tour Operations",
    manager: { value: "26118915", $ref: "../Users/26118915", displayName: "John Smith" },
  },
  meta: { resourceType: "User", created: "2010-01-23T04:56:22Z", version: 'W/"3694e05e9dff591"' },
};

test("the fully populated enterprise User is stored completely, except readOnly and never-returned attributes (RFC 7643 §8.3)", async () => {
  const { id, meta, ...created } = succeeded(await client.post("/Users", FULL_USER), 201);
  const { id: _, meta: __, password, groups, ...expected } = FULL_USER;
  const { displayName, ...manager } = expected[ENTERPRISE].manager;
  assert.deepEqual(created, { ...expected, [ENTERPRISE]: { ...expected[ENTERPRISE], manager } });
  assert.deepEqual(succeeded(await client.put(`/Users/${id}`, FULL_USER), 200), { id, meta, ...created });
  assert.equal((await client.delete(`/Users/${id}`)).status, 204);
});

test("the create, replace and search messages work (RFC 7644 §3.3, §3.5.1, §3.4.3)", async () => {
  const name = { formatted: "Ms. Barbara J Jensen III", familyName: "Jensen", givenName: "Barbara" };
  const { id } = succeeded(await client.post("/Users", user("bjensen", { externalId: "bjensen", name })), 201);
  const replacement = {
    schemas: [USER],
    id,
    userName: "bjensen",
    externalId: "bjensen",
    name: { ...name, middleName: "Jane" },
    roles: [],
    emails: [{ value: "bjensen@example.com" }, { value: "babs@jensen.org" }],
  };
  const replaced = succeeded(await client.put(`/Users/${id}`, replacement), 200);
  assert.deepEqual([replaced.name.middleName, replaced.emails.length, "roles" in replaced], ["Jane", 2, false]);
  const search = searchRequest({
    attributes: ["displayName", "userName"],
    filter: 'displayName sw "smith"',
    startIndex: 1,
    count: 10,
  });
  assert.equal(succeeded(await client.post("/Users/.search", search), 200).totalResults, 0);
});

test("the filters work (RFC 7644 §3.4.2.2)", async () => {
  const filters = [
    'userName eq "bjensen"',
    'name.familyName co "O\'Malley"',
    'userName sw "J"',
    'urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J"',
    "title pr",
    'meta.lastModified gt "2011-05-13T04:42:34Z"',
    'meta.lastModified ge "2011-05-13T04:42:34Z"',
    'meta.lastModified lt "2011-05-13T04:42:34Z"',
    'meta.lastModified le "2011-05-13T04:42:34Z"',
    'title pr and userType eq "Employee"',
    'title pr or userType eq "Intern"',
    'schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"',
    'userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")',
    'userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")',
    'userType eq "Employee" and (emails.type eq "work")',
    'userType eq "Employee" and emails[type eq "work" and value co "@example.com"]',
    'emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]',
    'userName Eq "john"',
    'Username eq "john"',
  ];
  for (const filter of filters) succeeded(await client.get(`/Users?filter=${encodeURIComponent(filter)}`), 200);
});

test("the PATCH messages on a group's members work (RFC 7644 §3.5.2)", async () => {
  const babs = succeeded(await client.post("/Users", user("babs", { displayName: "Babs Jensen" })), 201).id;
  const james = succeeded(await client.post("/Users", user("james", { displayName: "James Smith" })), 201).id;
  const { id } = succeeded(await client.post("/Groups", { schemas: [GROUP], displayName: "Tour Guides" }), 201);
  const member = (value: string, display: string) => ({
    display,
    $ref: `https://example.com/v2/Users/${value}`,
    value,
  });
  const messages: [object[], string[]][] = [
    [[{ op: "add", path: "members", value: [member(babs, "Babs Jensen")] }], [babs]],
    [[{ op: "remove", path: `members[value eq "${babs}"]` }], []],
    [[{ op: "add", path: "members", value: [member(babs, "Babs Jensen")] }], [babs]],
    [
      [
        { op: "remove", path: `members[value eq "${babs}"]` },
        { op: "add", path: "members", value: [member(james, "James Smith")] },
      ],
      [james],
    ],
    [
      [
        { op: "remove", path: "members" },
        { op: "add", path: "members", value: [member(babs, "Babs Jensen"), member(james, "James Smith")] },
      ],
      [babs, james],
    ],
    [[{ op: "remove", path: "members" }], []],
    [
      [{ op: "replace", path: "members", value: [member(babs, "Babs Jensen"), member(james, "James Smith")] }],
      [babs, james],
    ],
  ];
  for (const [operations, expected] of messages) {
    assert.equal((await client.patch(`/Groups/${id}`, operations)).status, 204);
    const { members = [] } = succeeded(await client.get(`/Groups/${id}`), 200);
    assert.deepEqual(
      members.map(({ value }: { value: string }) => value),
      expected,
    );
  }
});

test("the PATCH messages on a user work (RFC 7644 §3.5.2.1 to §3.5.2.3)", async () => {
  const { id } = succeeded(await client.post("/Users", { ...FULL_USER, nickName: null }), 201);
  const patched = async (operation: object) => succeeded(await client.patch(`/Users/${id}`, [operation]), 200);

  const home = { emails: [{ value: "babs@jensen.org", type: "home" }], nickname: "Babs" };
  const added = await patched({ op: "add", value: home });
  assert.deepEqual([added.nickName, added.emails.length], ["Babs", 2]);

  const removed = await patched({ op: "remove", path: 'emails[type eq "work" and value ew "example.com"]' });
  assert.deepEqual(removed.emails, [{ value: "babs@jensen.org", type: "home" }]);

  const address = {
    type: "work",
    streetAddress: "911 Universal City Plaza",
    locality: "Hollywood",
    region: "CA",
    postalCode: "91608",
    country: "US",
    formatted: "911 Universal City Plaza\nHollywood, CA 91608 US",
    primary: true,
  };
  const moved = await patched({ op: "replace", path: 'addresses[type eq "work"]', value: address });
  assert.deepEqual(moved.addresses[0], address);

  const path = 'addresses[type eq "work"].streetAddress';
  const street = await patched({ op: "replace", path, value: "1010 Broadway Ave" });
  assert.deepEqual(street.addresses[0], { ...address, streetAddress: "1010 Broadway Ave" });
  assert.equal(street.addresses[1].streetAddress, "456 Hollywood Blvd");

  const emails = [
    { value: "bjensen@example.com", type: "work", primary: true },
    { value: "babs@jensen.org", type: "home" },
  ];
  const replaced = await patched({ op: "replace", value: { emails, nickname: "Babs" } });
  assert.deepEqual(replaced.emails, emails);
});
