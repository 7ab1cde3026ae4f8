import { bulkRequest } from "../../testing/bulk.ts";
import { PATCH_OP } from "../../testing/client.ts";
import { searchRequest, user } from "../../testing/scim-bodies.ts";
import { BASE, type Place, type Planting, patch, post, VAULT } from "./places.ts";

export const VAULT_SETTINGS = {
  schemas: [
    {
      id: VAULT,
      name: "Vault",
      attributes: [
        { name: "combination", type: "string", returned: "never", mutability: "writeOnly" },
        {
          name: "locks",
          type: "complex",
          multiValued: true,
          subAttributes: [
            { name: "key", type: "string", returned: "never" },
            { name: "door", type: "string" },
          ],
        },
      ],
    },
  ],
  resourceTypes: [{ name: "User", schemaExtensions: [{ schema: VAULT, required: false }] }],
};

/** More than is kept of a body. */
const LONG = "x".repeat(100_000);

/** More than is looked through. */
const VERY_LONG = "x".repeat(1_200_000);

let users = 0;
const nobody = (attributes: object = {}) => user(`planted-${users++}`, attributes);
const raw = (body: string | Buffer): Planting => post(`${BASE}/Users`, body);
const vault = (secret: string) => ({ [VAULT]: { combination: secret, locks: [{ key: secret, door: "1" }] } });

/** In bodies of POST and PUT, and of searches. */
export const IN_RESOURCES: readonly Place[] = [
  ["password of a new user", (secret) => post(`${BASE}/Users`, nobody({ password: secret }))],
  ["password in capitals", (secret) => post(`${BASE}/Users`, nobody({ PassWord: secret }))],
  ["password in an array", (secret) => post(`${BASE}/Users`, nobody({ password: [secret] }))],
  ["password in an object", (secret) => post(`${BASE}/Users`, nobody({ password: { value: secret } }))],
  [
    "password with a URN",
    (secret) => post(`${BASE}/Users`, nobody({ "urn:ietf:params:scim:schemas:core:2.0:User:password": secret })),
  ],
  ["password of a PUT", (secret) => ({ method: "PUT", path: "$alice", body: user("alice", { password: secret }) })],
  [
    "password of a PUT in the strict profile",
    (secret) => post("/scim/endpoints/strict/v2/Users", nobody({ password: [secret] })),
  ],
  [
    "password as an object in the strict profile",
    (secret) => post("/scim/endpoints/strict/v2/Users", nobody({ password: { a: secret } })),
  ],
  ["an unknown attribute", (secret) => post("/scim/endpoints/strict/v2/Users", nobody({ apiToken: secret }))],
  ["an attribute that is never returned", (secret) => post("/scim/endpoints/vault/v2/Users", nobody(vault(secret)))],
  [
    "one whose name has escapes",
    (secret) =>
      post("/scim/endpoints/vault/v2/Users", `{"userName":"v1","${VAULT}":{"c\\u006fmbination":"${secret}"}}`),
  ],
  ["a password whose name has escapes", (secret) => raw(`{"userName":"e1","p\\u0061ssword":"${secret}"}`)],
  [
    "a filter of a search",
    (secret) => post(`${BASE}/Users/.search`, searchRequest({ filter: `password eq "${secret}"` })),
  ],
  [
    "a filter with other conditions",
    (secret) => post(`${BASE}/.search`, searchRequest({ filter: `userName eq "x" or not (password co "${secret}")` })),
  ],
  [
    "a filter by what is never returned",
    (secret) =>
      post("/scim/endpoints/vault/v2/Users/.search", searchRequest({ filter: `${VAULT}:combination eq "${secret}"` })),
  ],
  [
    "a filter by a part of it",
    (secret) =>
      post(
        "/scim/endpoints/vault/v2/Users/.search",
        searchRequest({ filter: `${VAULT}:locks[door eq "1" and key eq "${secret}"]` }),
      ),
  ],
  ["attributes without a schema", (secret) => post(`${BASE}/Users`, nobody({ ntHash: secret, "lm-hash": secret }))],
  ["an answer to a question", (secret) => post(`${BASE}/Users`, nobody({ security_answer: secret }))],
  [
    "a token in a filter",
    (secret) => post(`${BASE}/Users/.search`, searchRequest({ filter: `title eq "scim_${secret}"` })),
  ],
  [
    "JSON in a text",
    (secret) => post(`${BASE}/Users`, { roles: [{ value: JSON.stringify({ id: "1", clientSecret: secret }) }] }),
  ],
];

/** In bodies of PATCH and of bulk requests. */
export const IN_OPERATIONS: readonly Place[] = [
  ["PATCH with a path", (secret) => patch("$alice", { op: "replace", path: "password", value: secret })],
  [
    "PATCH with a path with a URN",
    (secret) =>
      patch("$alice", { op: "Replace", path: "urn:ietf:params:scim:schemas:core:2.0:User:password", value: secret }),
  ],
  ["PATCH with a path that is none", (secret) => patch("$alice", { op: "replace", path: "password[", value: secret })],
  ["PATCH with a path behind the value", (secret) => patch("$alice", { value: secret, path: "PASSWORD", op: "add" })],
  [
    "PATCH with an array of values",
    (secret) => patch("$alice", { op: "replace", path: "password", value: [{ value: secret }] }),
  ],
  [
    "PATCH with a token in its path",
    (secret) => patch("$alice", { op: "remove", path: `emails[value eq "scim_${secret}"]` }),
  ],
  ["PATCH without a path", (secret) => patch("$alice", { op: "replace", value: { password: secret } })],
  ["PATCH with the operation unknown", (secret) => patch("$alice", { op: "set", path: "password", value: secret })],
  ["PATCH with a value filter", (secret) => patch("$alice", { op: "remove", path: `emails[password eq "${secret}"]` })],
  ["PATCH of a group", (secret) => patch(`${BASE}/Groups/nope`, { op: "add", path: "password", value: secret })],
  [
    "PATCH of what is never returned",
    (secret) => patch("$guard", { op: "add", path: `${VAULT}:combination`, value: secret }),
  ],
  [
    "PATCH of it without a path",
    (secret) => patch("$guard", { op: "add", value: { [VAULT]: { combination: secret } } }),
  ],
  [
    "PATCH of it by a dotted name",
    (secret) => patch("$guard", { op: "add", value: { [`${VAULT}:combination`]: secret } }),
  ],
  [
    "PATCH of a part of it",
    (secret) => patch("$guard", { op: "add", path: `${VAULT}:locks`, value: [{ door: "2", key: secret }] }),
  ],
  [
    "PATCH with it in a filter",
    (secret) => patch("$guard", { op: "remove", path: `${VAULT}:locks[key eq "${secret}"]` }),
  ],
  [
    "a bulk creation",
    (secret) =>
      post(
        `${BASE}/Bulk`,
        bulkRequest([{ method: "POST", path: "/Users", bulkId: "1", data: nobody({ password: secret }) }]),
      ),
  ],
  [
    "a bulk change",
    (secret) =>
      post(
        `${BASE}/Bulk`,
        bulkRequest([
          {
            method: "PATCH",
            path: "/Users/nope",
            data: { schemas: [PATCH_OP], Operations: [{ op: "add", path: "password", value: secret }] },
          },
        ]),
      ),
  ],
  [
    "a bulk path",
    (secret) => post(`${BASE}/Bulk`, bulkRequest([{ method: "DELETE", path: `/Users?password=${secret}` }])),
  ],
  [
    "a bulk path to what is nowhere",
    (secret) => post(`${BASE}/Bulk`, bulkRequest([{ method: "DELETE", path: `/password=${secret}` }])),
  ],
  [
    "a bulkId",
    (secret) =>
      post(
        `${BASE}/Bulk`,
        bulkRequest([{ method: "POST", path: "/Users", bulkId: `token=${secret}`, data: nobody({ password: 1 }) }]),
      ),
  ],
];

/** In bodies that cannot be read, or not to their end. */
export const IN_STRANGE_BODIES: readonly Place[] = [
  ["malformed JSON", (secret) => raw(`{"userName":"m1","password":"${secret}"`)],
  ["malformed JSON, before it", (secret) => raw(`{"password":"${secret}","userName":}`)],
  ["malformed JSON, as a word", (secret) => raw(`{"password":${secret}}`)],
  ["malformed JSON, as a name", (secret) => raw(`{"password" ${secret}: 1}`)],
  ["JSON with a name given twice", (secret) => raw(`{"userName":"m2","password":"${secret}","password":"x"}`)],
  ["JSON behind a byte order mark", (secret) => raw(`\uFEFF{"userName":"m3","password":"${secret}"}`)],
  [
    "bytes that are no UTF-8",
    (secret) => raw(Buffer.concat([Buffer.from(`{"password":"${secret}`), Buffer.from([0xff, 0x22, 0x7d])])),
  ],
  ["UTF-16", (secret) => raw(Buffer.from(`{"password":"${secret}"}`, "utf16le"))],
  ["a control character in it", (secret) => raw(`{"userName":"m4","password":"${secret}\\u0001"}`)],
  ["a surrogate in it", (secret) => raw(`{"userName":"m5","password":"${secret}\\ud800"}`)],
  ["a form where JSON belongs", (secret) => raw(`userName=x&password=${secret}`)],
  ["XML", (secret) => raw(`<User><password>${secret}</password></User>`)],
  ["a text", (secret) => raw(`the password is ${secret}`)],
  [
    "a long body with the name behind it",
    (secret) => patch("$alice", { value: secret, x: LONG, op: "replace", path: "password" }),
  ],
  [
    "a long malformed body with the name behind it",
    (secret) => raw(`{"value":"${secret}","x":"${LONG}","path":"password`),
  ],
  [
    "a very long body with the name behind it",
    (secret) => patch("$alice", { value: secret, x: VERY_LONG, op: "replace", path: "password" }),
  ],
  ["a very long text", (secret) => raw(`password ${secret} ${VERY_LONG}`)],
  ["deep JSON", (secret) => raw(`${'{"a":'.repeat(50)}{"password":"${secret}"}${"}".repeat(50)}`)],
];
