import { PATCH_OP } from "../../testing/client.ts";

/** A request with a secret in it. */
export type Planting = {
  readonly method: string;
  /** On the server; `$alice` is a user of the default endpoint, `$guard` one of the endpoint "vault". */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
};

/** Where a secret is put, and the request that has it there. */
export type Place = readonly [where: string, request: (secret: string) => Planting];

/** The schema of an attribute that is never returned, whose name says nothing; of the endpoint "vault". */
export const VAULT = "urn:example:params:scim:schemas:Vault";

export const BASE = "/scim/v2";
const JSON_BODY = { "content-type": "application/json" };
const FORM = { "content-type": "application/x-www-form-urlencoded" };

function get(path: string, headers: Planting["headers"] = {}): Planting {
  return { method: "GET", path, headers };
}

export function post(path: string, body: unknown, headers: Planting["headers"] = {}): Planting {
  return { method: "POST", path, body, headers };
}

export function patch(path: string, ...operations: readonly object[]): Planting {
  return { method: "PATCH", path, body: { schemas: [PATCH_OP], Operations: operations } };
}

function form(path: string, parameters: Readonly<Record<string, string>>, headers: Planting["headers"] = {}): Planting {
  return post(path, new URLSearchParams(parameters).toString(), { ...FORM, ...headers });
}

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
  ["X-Functions-Key", (secret) => get(`${BASE}/Users`, { "x-functions-key": secret })],
  ["X-MS-Client-Principal", (secret) => get(`${BASE}/Users`, { "x-ms-client-principal": secret })],
  ["a header whose name ends in -Auth", (secret) => get(`${BASE}/Users`, { "x-tenant-auth": secret })],
  ["Content-Type", (secret) => post(`${BASE}/Users`, "x", { "content-type": `text/plain; password=${secret}` })],
  ["a cookie", (secret) => get(`${BASE}/Users`, { cookie: `a=b; scimtool_session=${secret}` })],
  ["Referer", (secret) => get(`${BASE}/Users`, { referer: `https://x.example/?client_secret=${secret}` })],
  ["a header of one's own", (secret) => get(`${BASE}/Users`, { "x-note": `password=${secret}` })],
  ["User-Agent, as a parameter", (secret) => get(`${BASE}/Users`, { "user-agent": `agent password=${secret}` })],
  ["User-Agent, as a token", (secret) => get(`${BASE}/Users`, { "user-agent": `agent Bearer ${secret}` })],
  ["X-Pass", (secret) => get(`${BASE}/Users`, { "x-pass": secret })],
  ["Authentication", (secret) => get(`${BASE}/Users`, { authentication: secret })],
  ["X-Authentication", (secret) => get(`${BASE}/Users`, { "x-authentication": secret })],
  ["X-OTP", (secret) => get(`${BASE}/Users`, { "x-otp": secret })],
  ["X-PIN", (secret) => get(`${BASE}/Users`, { "x-pin": secret })],
  ["JSON", (secret) => get(`${BASE}/Users`, { "x-data": JSON.stringify({ a: 1, password: `${secret} a/b` }) })],
  ["JSON behind a name", (secret) => get(`${BASE}/Users`, { "x-data": `data={"a":1, "password": "${secret} x"}` })],
  ["JSON that is cut", (secret) => get(`${BASE}/Users`, { "x-data": `x {"password":"${secret} x` })],
  ["encoded JSON", (secret) => get(`${BASE}/Users`, { "x-data": encodeURIComponent(`{"password":"${secret}"}`) })],
  ["Host, with a user", (secret) => get(`${BASE}/Users`, { host: `user:${secret}@scim.example.com` })],
  ["X-Forwarded-Host, with a user", (secret) => get(`${BASE}/Users`, { "x-forwarded-host": `${secret}@example.com` })],
  ["Forwarded, with a user", (secret) => get(`${BASE}/Users`, { forwarded: `proto=https;host=u:${secret}@x.example` })],
  [
    "User-Agent, with a URL",
    (secret) => get(`${BASE}/Users`, { "user-agent": `agent (+http://u:${secret}@x.example/)` }),
  ],
  ["Link", (secret) => get(`${BASE}/Users`, { link: `<https://x.example/?code=${secret}>; rel="next"` })],
  ["Accept", (secret) => get(`${BASE}/Users`, { accept: `application/json, Bearer scim_${secret}` })],
  ["X-Session", (secret) => get(`${BASE}/Users`, { "x-session": secret })],
  ["If-Match", (secret) => ({ method: "DELETE", path: `${BASE}/Users/x`, headers: { "if-match": `token=${secret}` } })],
  ["Content-Encoding", (secret) => post(`${BASE}/Users`, "{}", { "content-encoding": `token=${secret}` })],
];

const WRONG = { authorization: "Bearer x" };

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
  ["a parameter of few letters", (secret) => get(`${BASE}/Users?pw=${secret}&pass=${secret}&bearer=${secret}`)],
  ["an encoded name", (secret) => get(`${BASE}/Users?p%61ssword=${secret}`)],
  ["a parameter without a value", (secret) => get(`${BASE}/Users?password:${secret}`)],
  ["a parameter in a parameter", (secret) => get(`${BASE}/Users?next=${encodeURIComponent(`/x?token=${secret}`)}`)],
  ["a token in a filter", (secret) => get(`${BASE}/Users?filter=title%20eq%20%22scim_${secret}%22`)],
  [
    "a token in a filter, encoded twice",
    (secret) => get(`${BASE}/Users?filter=title%2520eq%2520%2522scim_${secret}%2522`),
  ],
  ["a bearer token in a filter", (secret) => get(`${BASE}/Users?filter=title%20eq%20%22Bearer%20${secret}%22`)],
  ["a bearer token in a filter with +", (secret) => get(`${BASE}/Users?filter=title+eq+%22Bearer+${secret}%22`)],
  ["a bearer token in a parameter", (secret) => get(`${BASE}/Users?x=Bearer%2520${secret}`)],
  ["a token in a path", (secret) => get(`${BASE}/Users/%22scim_${secret}%22`)],
  ["a token in a path, encoded itself", (secret) => get(`${BASE}/Users/%73cim%5F${secret}`)],
  ["a bearer token in a path", (secret) => get(`${BASE}/Users/Bearer%20${secret}`)],
  ["a bearer token in a path, encoded twice", (secret) => get(`${BASE}/Bearer%2520${secret}`)],
  [
    "a code in a parameter",
    (secret) => get(`${BASE}/Users?next=${encodeURIComponent(`https://x.example/cb?code=${secret}`)}`),
  ],
  [
    "a code in a parameter, encoded twice",
    (secret) => get(`${BASE}/Users?state=${encodeURIComponent(`code%3D${secret}`)}`),
  ],
  ["a path that is not authenticated", (secret) => get(`${BASE}/Users/scim_${secret}`, WRONG)],
  ["an encoded path that is not authenticated", (secret) => get(`${BASE}/Users/Bearer%20${secret}`, WRONG)],
  ["a segment behind its name that is not authenticated", (secret) => get(`${BASE}/token/${secret}`, WRONG)],
  ["an unknown path below the base URI", (secret) => get(`${BASE}/nothing?password=${secret}`)],
  ["a segment behind its name", (secret) => get(`${BASE}/token/${secret}`)],
  ["a segment of a path that leads nowhere", (secret) => get(`/api/password/${secret}/x`)],
  ["a path that leads nowhere", (secret) => get(`/nothing?client_secret=${secret}`)],
  ["an id", (secret) => get(`${BASE}/Users/password=${secret}`)],
  ["an id behind a semicolon", (secret) => get(`${BASE}/Users/x;token=${secret}`)],
  ["an encoded id", (secret) => get(`${BASE}/Users/password%3D${secret}`)],
  ["an id that is deleted", (secret) => ({ method: "DELETE", path: `${BASE}/Users/token=${secret}` })],
  [
    "an id that is changed",
    (secret) => patch(`${BASE}/Users/token=${secret}`, { op: "add", path: "title", value: "x" }),
  ],
  ["a URL that cannot be decoded", (secret) => get(`${BASE}/Users/%zz?password=${secret}`)],
  ["a path that cannot be decoded", (secret) => get(`/token/${secret}/%zz`)],
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
  ["a client secret in JSON", (secret) => post(TOKEN, { ...CLIENT, client_secret: secret }, JSON_BODY)],
  [
    "a client secret beside what is nested very deep",
    (secret) => {
      const deep = `${"[".repeat(15_000)}"${secret}"${"]".repeat(15_000)}`;
      return post(TOKEN, `{"grant_type":"client_credentials","client_secret":"${secret}","deep":${deep}}`, JSON_BODY);
    },
  ],
  ["a client secret that is no text", (secret) => post(TOKEN, { ...CLIENT, client_secret: [secret] }, JSON_BODY)],
  ["a client secret in a text", (secret) => post(TOKEN, `client_secret: ${secret}`, { "content-type": "text/plain" })],
  ["a client secret given twice", (secret) => post(TOKEN, `client_secret=${secret}&client_secret=${secret}`, FORM)],
  ["a client secret in the URL", (secret) => post(`${TOKEN}?client_secret=${secret}`, "", FORM)],
  ["a password", (secret) => form(TOKEN, { ...CLIENT, grant_type: "password", username: "alice", password: secret })],
  ["a form without anything else", (secret) => form(TOKEN, { pw: secret, code: secret })],
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
  ["a wrong sign-in", (secret) => post("/api/session", { secret }, JSON_BODY)],
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
  ["a token that is tried", (secret) => post("/api/endpoints/default/try", { token: secret }, JSON_BODY)],
];
