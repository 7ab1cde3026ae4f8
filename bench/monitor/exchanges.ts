/** Exchanges of an identity provider: look-ups, reads, writes, some rejected, and connection tests. */
import { type Exchange, exchangeIdAt, type Severity } from "../../packages/server/src/store/exchange.ts";
import { createRandom } from "../storage/random.ts";

export const firstMs = Date.UTC(2026, 0, 1);
const departments = ["Sales", "Marketing", "Engineering", "Finance", "Support", "Legal"];
const people = 100_000;

export type Kind = "read" | "lookUp" | "probe" | "create" | "modify" | "refused";

/** Kinds of twenty consecutive exchanges, in this order. */
const mix: readonly Kind[] = [
  ...Array<Kind>(7).fill("lookUp"),
  ...Array<Kind>(5).fill("read"),
  ...Array<Kind>(4).fill("modify"),
  ...Array<Kind>(2).fill("create"),
  "refused",
  "probe",
];

export function idOf(person: number): string {
  const digits = (person * 2654435761 + 12345).toString(16).padStart(12, "0").slice(-12);
  return `019a${digits.slice(0, 4)}-${digits.slice(4, 8)}-7${digits.slice(8, 11)}-8${digits.slice(1, 4)}-${digits}`;
}

export function nameOf(person: number): { given: string; family: string; userName: string } {
  const given = `Given${person % 997}`;
  const family = `Family${person % 9_973}`;
  return { given, family, userName: `given${person % 997}.family${person}@example.com` };
}

/** Makes exchanges about a millisecond apart. @param only the kind of all */
export function exchangeMaker(seed: number, endpoints: readonly number[], only?: Kind): (at: number) => Exchange {
  const random = createRandom(seed);
  return (at) => {
    const kind = only ?? mix[Math.floor(random() * mix.length)] ?? "read";
    const person = Math.floor(random() * people);
    const endpoint = endpoints[Math.floor(random() ** 2 * endpoints.length)];
    const dialect = endpoint === endpoints[0] ? "entra" : "okta";
    return { ...common(exchangeIdAt(firstMs + at * 1_000), random), endpoint, dialect, ...special(kind, person, at) };
  };
}

function common(id: number, random: () => number) {
  const requestId = `req-${Math.floor(random() * 2 ** 48).toString(36)}`;
  return {
    id,
    method: "GET",
    query: "",
    status: 200,
    durationUs: Math.floor(200 / (1 - random() * 0.999)),
    split: { queueUs: Math.floor(random() * 90), databaseUs: Math.floor(random() * 400), durableUs: 0 },
    clientAddress: `203.0.113.${Math.floor(random() * 32)}`,
    userAgent: "AzureAD-Prov/1.0 (Microsoft.Azure.SyncFabric)",
    requestId,
    request: message(requestHeaders(requestId), ""),
    credential: "Provisioning token",
    severity: "info" as Severity,
    isProbe: false,
    findings: [],
    resources: [],
    details: { evidence: ["user agent", "filter with userName eq"] },
  };
}

function special(kind: Kind, person: number, at: number) {
  const { given, family, userName } = nameOf(person);
  const id = idOf(person);
  const label = `${given} ${family}`;
  const resources = [{ id, type: "User", label }];
  const department = departments[at % departments.length] ?? "";
  const body = userBody(person, department);
  switch (kind) {
    case "read":
      return said("read", `${label} was read`, { path: `/Users/${id}`, resources, response: readAnswer(body) });
    case "lookUp":
      return said("search", `Users with the user name ${userName} were looked up`, {
        path: "/Users",
        query: `filter=userName%20eq%20%22${encodeURIComponent(userName)}%22`,
        resources,
        response: readAnswer(body),
      });
    case "probe":
      return said("connection.tested", "Entra ID tested the connection", {
        path: "/Users",
        query: `filter=userName%20eq%20%22${at.toString(36)}-probe%22`,
        isProbe: true,
        response: answer('{"totalResults":0,"Resources":[]}'),
      });
    case "create":
      return said("user.created", `${label} was created`, {
        ...{ method: "POST", status: 201, path: "/Users", resources, severity: "notice" as Severity },
        request: message(requestHeaders(`c${at}`), body),
        response: answer(body),
        details: { changes: [{ kind: "attribute", path: "userName", after: userName }] },
      });
    case "modify":
      return said("user.changed", `The department of ${label} changed to ${department}`, {
        ...{ method: "PATCH", path: `/Users/${id}`, resources, severity: "notice" as Severity },
        request: message(
          requestHeaders(`m${at}`),
          `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Replace","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department","value":"${department}"}]}`,
        ),
        response: answer(body),
        details: { changes: [{ kind: "attribute", path: "department", before: "Sales", after: department }] },
      });
    case "refused":
      return said("failure.uniqueness", `Creating ${userName} failed: the user name is taken`, {
        ...{ method: "POST", status: 409, path: "/Users", severity: "error" as Severity },
        request: message(requestHeaders(`r${at}`), body),
        response: answer(`{"status":"409","scimType":"uniqueness","detail":"userName is taken by ${label}."}`),
      });
  }
}

function said(kind: string, text: string, own: Partial<Exchange> & Pick<Exchange, "path" | "response">) {
  return { sentences: [{ kind, text }], ...own };
}

function userBody(person: number, department: string): string {
  const { given, family, userName } = nameOf(person);
  return JSON.stringify({
    schemas: [
      "urn:ietf:params:scim:schemas:core:2.0:User",
      "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
    ],
    id: idOf(person),
    externalId: idOf(person + 7_777_777),
    userName,
    displayName: `${given} ${family}`,
    name: { givenName: given, familyName: family },
    title: "Engineer",
    active: true,
    emails: [{ type: "work", primary: true, value: userName }],
    phoneNumbers: [{ type: "work", value: `+1 555 ${person}` }],
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": { department, employeeNumber: String(person) },
    meta: {
      resourceType: "User",
      created: "2026-01-01T00:00:00Z",
      location: `https://scim.example.com/Users/${idOf(person)}`,
    },
  });
}

function requestHeaders(requestId: string): string[] {
  return [
    ...["Host", "scim.example.com", "Authorization", "[secret, 43 characters, fingerprint 01ab23cd]"],
    ...["Accept", "application/scim+json", "User-Agent", "AzureAD-Prov/1.0 (Microsoft.Azure.SyncFabric)"],
    ...["client-request-id", requestId, "Connection", "keep-alive"],
  ];
}

function answer(body: string): Exchange["response"] {
  return message(["Content-Type", "application/scim+json; charset=utf-8", "ETag", 'W/"3"'], body);
}

/** The history has the body of a read resource; the log does not store it again. */
function readAnswer(body: string): Exchange["response"] {
  return { ...answer(""), bodyBytes: body.length };
}

function message(headers: readonly string[], body: string): Exchange["request"] {
  const bytes = Buffer.from(body);
  return { headers, body: bytes, bodyBytes: bytes.length };
}
