import { randomBytes } from "node:crypto";
import { bulkRequest } from "../../testing/bulk.ts";
import { PATCH_OP } from "../../testing/client.ts";
import { searchRequest, user } from "../../testing/scim-bodies.ts";

/** A request with a secret in it. */
export type Planting = {
  readonly method: string;
  /** On the server. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
};

/** Where a secret is put, and the request that has it there. */
export type Place = readonly [where: string, request: (secret: string) => Planting];

/** Like no other text: three times the same unit, so that a part of it is seen as well. */
export function newSecret(): string {
  return `q${randomBytes(6).toString("hex")}`.repeat(3);
}

/** The units of secrets in a text. */
export function unitsIn(text: string): string[] {
  return text.match(/q[0-9a-f]{12}/g) ?? [];
}

export function unitOf(secret: string): string {
  return secret.slice(0, 13);
}

/** An attribute of the endpoint's own schema that is never returned, whose name says nothing. */
export const VAULT = "urn:example:params:scim:schemas:Vault";

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

const BASE = "/scim/v2";
const FORM = { "content-type": "application/x-www-form-urlencoded" };

/** More than is kept of a body. */
const LONG = "x".repeat(100_000);

/** More than is looked through. */
const VERY_LONG = "x".repeat(1_200_000);

let users = 0;
const nobody = (attributes: object = {}) => user(`planted-${users++}`, attributes);
const get = (path: string, headers: Planting["headers"] = {}): Planting => ({ method: "GET", path, headers });
const post = (path: string, body: unknown, headers: Planting["headers"] = {}): Planting => {
  return { method: "POST", path, body, headers };
};
const raw = (body: string | Buffer): Planting => post(`${BASE}/Users`, body);
const form = (path: string, parameters: Readonly<Record<string, string>>, headers: Planting["headers"] = {}) =>
  post(path, new URLSearchParams(parameters).toString(), { ...FORM, ...headers });

/** In headers. */
export const IN_HEADERS: readonly Place[] = [
  ["a wrong bearer token", (secret) => get(`${BASE}/Users`, { authorization: `Bearer ${secret}` })],
  ["a bearer token in lower case", (secret) => get(`${BASE}/Users`, { authorization: `bearer ${secret}` })],
  ["another scheme", (secret) => get(`${BASE}/Users`, { authorization: `Token ${secret}` })],
  ["an unknown scheme", (secret) => get(`${BASE}/Users`, { authorization: `Strange ${secret}` })],
  ["no scheme", (secret) => get(`${BASE}/Users`, { authorization: secret })],
  ["a scheme that is the secret", (secret) => get(`${BASE}/Users`, { authorization: `${secret} x` })],
  [
    "Basic",
    (secret) => get(`${BASE}/Users`, { authorization: `Basic ${Buffer.from(`alice:${secret}`).toString("base64")}` }),
  ],
  ["Basic without base64", (secret) => get(`${BASE}/Users`, { authorization: `Basic alice:${secret}` })],
  ["Proxy-Authorization", (secret) => get(`${BASE}/Users`, { "proxy-authorization": `Bearer ${secret}` })],
  ["X-Api-Key", (secret) => get(`${BASE}/Users`, { "x-api-key": secret })],
  ["X-Auth-Token", (secret) => get(`${BASE}/Users`, { "x-auth-token": secret })],
  ["a cookie", (secret) => get(`${BASE}/Users`, { cookie: `a=b; scimtool_session=${secret}` })],
  ["Referer", (secret) => get(`${BASE}/Users`, { referer: `https://x.example/?client_secret=${secret}` })],
  ["a header of one's own", (secret) => get(`${BASE}/Users`, { "x-note": `password=${secret}` })],
  ["User-Agent, as a parameter", (secret) => get(`${BASE}/Users`, { "user-agent": `agent password=${secret}` })],
  ["User-Agent, as a token", (secret) => get(`${BASE}/Users`, { "user-agent": `agent Bearer ${secret}` })],
  ["If-Match", (secret) => ({ method: "DELETE", path: `${BASE}/Users/x`, headers: { "if-match": `token=${secret}` } })],
  ["Content-Encoding", (secret) => post(`${BASE}/Users`, "{}", { "content-encoding": `token=${secret}` })],
];

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
  [
    "JSON in a text",
    (secret) => post(`${BASE}/Users`, { roles: [{ value: JSON.stringify({ id: "1", clientSecret: secret }) }] }),
  ],
];

const patch = (...operations: readonly object[]): Planting => ({
  method: "PATCH",
  path: "$alice",
  body: { schemas: [PATCH_OP], Operations: operations },
});
const patchVault = (...operations: readonly object[]): Planting => ({ ...patch(...operations), path: "$guard" });

/** In bodies of PATCH and of bulk requests. */
export const IN_OPERATIONS: readonly Place[] = [
  ["PATCH with a path", (secret) => patch({ op: "replace", path: "password", value: secret })],
  [
    "PATCH with a path with a URN",
    (secret) => patch({ op: "Replace", path: "urn:ietf:params:scim:schemas:core:2.0:User:password", value: secret }),
  ],
  ["PATCH with a path that is none", (secret) => patch({ op: "replace", path: "password[", value: secret })],
  ["PATCH with a path behind the value", (secret) => patch({ value: secret, path: "PASSWORD", op: "add" })],
  ["PATCH with an array of values", (secret) => patch({ op: "replace", path: "password", value: [{ value: secret }] })],
  ["PATCH without a path", (secret) => patch({ op: "replace", value: { password: secret } })],
  ["PATCH with the operation unknown", (secret) => patch({ op: "set", path: "password", value: secret })],
  ["PATCH with a value filter", (secret) => patch({ op: "remove", path: `emails[password eq "${secret}"]` })],
  [
    "PATCH of a group",
    (secret) => ({ ...patch({ op: "add", path: "password", value: secret }), path: `${BASE}/Groups/nope` }),
  ],
  [
    "PATCH of what is never returned",
    (secret) => patchVault({ op: "add", path: `${VAULT}:combination`, value: secret }),
  ],
  ["PATCH of it without a path", (secret) => patchVault({ op: "add", value: { [VAULT]: { combination: secret } } })],
  ["PATCH of it by a dotted name", (secret) => patchVault({ op: "add", value: { [`${VAULT}:combination`]: secret } })],
  [
    "PATCH of a part of it",
    (secret) => patchVault({ op: "add", path: `${VAULT}:locks`, value: [{ door: "2", key: secret }] }),
  ],
  ["PATCH with it in a filter", (secret) => patchVault({ op: "remove", path: `${VAULT}:locks[key eq "${secret}"]` })],
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
    (secret) => patch({ value: secret, x: LONG, op: "replace", path: "password" }),
  ],
  [
    "a long malformed body with the name behind it",
    (secret) => raw(`{"value":"${secret}","x":"${LONG}","path":"password`),
  ],
  [
    "a very long body with the name behind it",
    (secret) => patch({ value: secret, x: VERY_LONG, op: "replace", path: "password" }),
  ],
  ["a very long text", (secret) => raw(`password ${secret} ${VERY_LONG}`)],
  ["deep JSON", (secret) => raw(`${'{"a":'.repeat(50)}{"password":"${secret}"}${"}".repeat(50)}`)],
];

/** In URLs. */
export const IN_URLS: readonly Place[] = [
  ["a filter", (secret) => get(`${BASE}/Users?filter=password%20eq%20%22${secret}%22`)],
  ["a filter with +", (secret) => get(`${BASE}/Users?filter=userName+pr+and+password+eq+%22${secret}%22`)],
  [
    "a filter by what is never returned",
    (secret) => get(`/scim/endpoints/vault/v2/Users?filter=${VAULT}:combination%20eq%20%22${secret}%22`),
  ],
  [
    "a filter by it without its schema",
    (secret) => get(`/scim/endpoints/vault/v2/Users?filter=combination%20eq%20%22${secret}%22`),
  ],
  ["a filter of another resource", (secret) => get(`${BASE}/Groups?filter=password%20eq%20%22${secret}%22`)],
  ["a filter that is none", (secret) => get(`${BASE}/Users?filter=password%20is%20${secret}`)],
  ["the order of a list", (secret) => get(`${BASE}/Users?sortBy=password%5Bvalue%20eq%20%22${secret}%22%5D`)],
  ["a parameter", (secret) => get(`${BASE}/Users?access_token=${secret}`)],
  ["a parameter of any name", (secret) => get(`${BASE}/Users?code=${secret}&key=${secret}`)],
  ["an encoded name", (secret) => get(`${BASE}/Users?p%61ssword=${secret}`)],
  ["a parameter without a value", (secret) => get(`${BASE}/Users?password:${secret}`)],
  ["a parameter in a parameter", (secret) => get(`${BASE}/Users?next=${encodeURIComponent(`/x?token=${secret}`)}`)],
  ["an unknown path below the base URI", (secret) => get(`${BASE}/nothing?password=${secret}`)],
  ["a segment behind its name", (secret) => get(`${BASE}/token/${secret}`)],
  ["a segment of a path that leads nowhere", (secret) => get(`/api/password/${secret}/x`)],
  ["a path that leads nowhere", (secret) => get(`/nothing?client_secret=${secret}`)],
  ["an id", (secret) => get(`${BASE}/Users/password=${secret}`)],
  ["an id behind a semicolon", (secret) => get(`${BASE}/Users/x;token=${secret}`)],
  ["an id that is deleted", (secret) => ({ method: "DELETE", path: `${BASE}/Users/token=${secret}` })],
  [
    "an id that is changed",
    (secret) => ({ ...patch({ op: "add", path: "title", value: "x" }), path: `${BASE}/Users/token=${secret}` }),
  ],
  ["a URL that cannot be decoded", (secret) => get(`${BASE}/Users/%zz?password=${secret}`)],
  ["a path that cannot be decoded", (secret) => get(`/token/${secret}/%zz`)],
  ["the name of an endpoint", (secret) => get(`/scim/endpoints/token=${secret}/v2/Users`)],
  ["a method that there is not", (secret) => ({ method: "PROPFIND", path: `${BASE}/Users?token=${secret}` })],
  ["a cursor", (secret) => get(`${BASE}/Users?cursor=token%3D${secret}`)],
];

const TOKEN = "/scim/endpoints/vault/oauth/token";
const CLIENT = { grant_type: "client_credentials", client_id: "app-1" };

/** In requests for access tokens. */
export const IN_TOKEN_REQUESTS: readonly Place[] = [
  ["a wrong client secret", (secret) => form(TOKEN, { ...CLIENT, client_secret: secret })],
  [
    "a client secret by Basic",
    (secret) => form(TOKEN, CLIENT, { authorization: `Basic ${Buffer.from(`app-1:${secret}`).toString("base64")}` }),
  ],
  [
    "Basic without a colon",
    (secret) => form(TOKEN, CLIENT, { authorization: `Basic ${Buffer.from(secret).toString("base64")}` }),
  ],
  [
    "a client secret in JSON",
    (secret) => post(TOKEN, { ...CLIENT, client_secret: secret }, { "content-type": "application/json" }),
  ],
  [
    "a client secret that is no text",
    (secret) => post(TOKEN, { ...CLIENT, client_secret: [secret] }, { "content-type": "application/json" }),
  ],
  ["a client secret in a text", (secret) => post(TOKEN, `client_secret: ${secret}`, { "content-type": "text/plain" })],
  ["a client secret given twice", (secret) => post(TOKEN, `client_secret=${secret}&client_secret=${secret}`, FORM)],
  ["a client secret in the URL", (secret) => post(`${TOKEN}?client_secret=${secret}`, "", FORM)],
  ["a password", (secret) => form(TOKEN, { ...CLIENT, grant_type: "password", username: "alice", password: secret })],
  ["a code", (secret) => form(TOKEN, { ...CLIENT, grant_type: "authorization_code", code: secret })],
  ["a refresh token", (secret) => form(TOKEN, { ...CLIENT, grant_type: "refresh_token", refresh_token: secret })],
  [
    "an assertion",
    (secret) =>
      form(TOKEN, {
        ...CLIENT,
        client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        client_assertion: `eyJhbGciOiJSUzI1NiJ9.${secret}.${secret}`,
      }),
  ],
  ["an assertion of no type", (secret) => form(TOKEN, { ...CLIENT, client_assertion: secret })],
  ["both", (secret) => form(TOKEN, { ...CLIENT, client_secret: secret, client_assertion: secret })],
];

const asAdmin = (secret: string) => ({ authorization: `Bearer ${secret}` });

/** In requests to administration. */
export const IN_ADMINISTRATION: readonly Place[] = [
  ["a wrong sign-in", (secret) => post("/api/session", { secret }, { "content-type": "application/json" })],
  ["a session that there is not", (secret) => get("/api/endpoints", { cookie: `scimtool_session=${secret}` })],
  [
    "a session at the SCIM protocol",
    (secret) => get("/api/endpoints/default/scim/v2/Users", { cookie: `scimtool_session=${secret}` }),
  ],
  ["a wrong secret of administration", (secret) => get("/api/endpoints/default/scim/v2/Users", asAdmin(secret))],
  [
    "a path of administration that there is not",
    (secret) => post(`/api/nothing?secret=${secret}`, { secret }, asAdmin(secret)),
  ],
  [
    "a token that is tried",
    (secret) => post("/api/endpoints/default/try", { token: secret }, { "content-type": "application/json" }),
  ],
];
