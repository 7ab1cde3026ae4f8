import assert from "node:assert/strict";
import { test } from "node:test";
import { BULK_REQUEST_SCHEMA, type Json, PATCH_SCHEMA } from "@scimtool/scim";
import fc from "fast-check";
import { redactBody } from "./body.ts";
import { redactHeaders } from "./headers.ts";
import { secretNames } from "./secret-names.ts";
import { redactUrl } from "./url.ts";

const NAMES = secretNames();

/** Nothing else in a record looks like this. */
const SECRET = fc.string({ minLength: 8, maxLength: 40, unit: fc.constantFrom(..."qzQZ79$!*") });

const NAME = fc
  .constantFrom("password", "client_secret", "clientSecret", "accessToken", "api-key", "assertion", "pin", "idToken")
  .chain((name) => fc.constantFrom(name, name.toUpperCase(), name[0]?.toUpperCase() + name.slice(1)));

/** A name in the forms of a path. */
const PATH = NAME.chain((name) =>
  fc.constantFrom(
    name,
    `urn:ietf:params:scim:schemas:core:2.0:User:${name}`,
    `x.${name}`,
    `${name}.value`,
    `x[type eq "${name}"].value`,
  ),
);

const HARMLESS = fc.dictionary(fc.constantFrom("title", "nickName", "active", "x"), fc.jsonValue({ maxDepth: 1 }));

/** A secret at each place of a SCIM message that may have one. */
const PLANTED: fc.Arbitrary<{ secret: string; json: Json }> = fc
  .tuple(SECRET, NAME, PATH, HARMLESS, fc.boolean())
  .chain(([secret, name, path, harmless, capital]) => {
    const more = harmless as { [name: string]: Json };
    const patch = (operation: Json): Json => ({ schemas: [PATCH_SCHEMA], Operations: [more, operation] });
    const op = capital ? "Replace" : "replace";
    const messages: Json[] = [
      { ...more, [name]: secret },
      { ...more, [name]: { value: secret } },
      { ...more, [name]: [secret, { value: secret }] },
      { ...more, [path]: secret },
      { ...more, "urn:example:x": { [name]: secret } },
      { ...more, devices: [{ type: name, value: secret }] },
      { ...more, [`x[${name} eq "${secret}"].y`]: 1 },
      { detail: `${name}=${secret}` },
      { detail: `The filter ${name} eq "${secret}" cannot be read.` },
      { ...more, roles: [{ value: JSON.stringify({ [name]: secret }) }] },
      { filter: `${name} eq "${secret}"` },
      { filter: `title eq "x" and ${name} co "${secret}"` },
      { filter: `x[value eq "${secret}" and type eq "${name}"]` },
      { filter: `${name} eq ${secret}` },
      { filter: `${name} eq "${secret}` },
      patch({ op, path, value: secret }),
      patch({ value: secret, op, path }),
      patch({ op, value: { [path]: secret } }),
      patch({ op: "remove", path: `x[${name} eq "${secret}"]` }),
      patch({ op: "remove", path: `x[${name} eq ${secret}]` }),
    ];
    const bulk = messages.map((data): Json => {
      return { schemas: [BULK_REQUEST_SCHEMA], Operations: [{ method: "POST", path: "/Users", bulkId: "1", data }] };
    });
    return fc.constantFrom(...messages, ...bulk).map((json) => ({ secret, json }));
  });

function assertAbsent(secret: string, record: unknown): void {
  const text = JSON.stringify(record);
  assert.ok(!text.includes(secret) && !text.includes(encodeURIComponent(secret)), text);
}

test("a planted secret is in no record of a JSON body, whole, truncated or with escapes", () => {
  fc.assert(
    fc.property(PLANTED, fc.nat(), fc.integer({ min: 0, max: 400 }), ({ secret, json }, limit, cut) => {
      const text = JSON.stringify(json, null, limit % 3);
      assertAbsent(secret, redactBody(Buffer.from(text), 100_000, NAMES));
      assertAbsent(secret, redactBody(Buffer.from(text), limit % 300, NAMES));
      const escaped = text.replaceAll(/p(?=[a-z])/g, "\\u0070");
      assertAbsent(secret, redactBody(Buffer.from(escaped), 100_000, NAMES));
      // Malformed, but still naming the secret: nothing of it is shown.
      const broken = text.slice(0, -1 - (cut % 3));
      assertAbsent(secret, redactBody(Buffer.from(broken), 100_000, NAMES));
    }),
    { numRuns: 1_000 },
  );
});

test("a planted secret is in no record of a form or a URL", () => {
  fc.assert(
    fc.property(SECRET, NAME, fc.boolean(), (secret, name, isEncoded) => {
      const encoded = encodeURIComponent(secret);
      const written = isEncoded ? name.replaceAll("a", "%61") : name;
      const query = [
        `${written}=${encoded}&a=b`,
        `a=b&${written}=${secret.replaceAll(/[&#+%]/g, "")}`,
        `next=${encodeURIComponent(`https://x/?${name}=${secret}`)}`,
        `data=${encodeURIComponent(JSON.stringify({ [name]: secret }))}`,
        `filter=${encodeURIComponent(`${name} eq "${secret}"`)}`,
        `filter=x+eq+1+and+${name}+eq+%22${encoded}%22`,
      ];
      for (const each of query) {
        assertAbsent(secret, redactUrl(`/Users?${each}`, NAMES));
        assertAbsent(secret, redactUrl(`https://h/${name}/x#${each}`, NAMES));
        assertAbsent(secret, redactBody(Buffer.from(each), 100_000, NAMES));
      }
      assertAbsent(secret, redactUrl(`https://alice:${encoded}@example.com/`, NAMES));
    }),
    { numRuns: 500 },
  );
});

test("a token is found however often it is percent-encoded, in a filter, a parameter and a path", () => {
  const token = fc.string({ minLength: 20, maxLength: 40, unit: fc.constantFrom(..."qzQZ79") });
  const encodedOnce = (text: string) => encodeURIComponent(text).replaceAll("_", "%5F");
  fc.assert(
    fc.property(token, fc.constantFrom("scim_", "Bearer "), fc.integer({ min: 0, max: 3 }), (secret, before, times) => {
      const encoded = (text: string) => Array.from({ length: times }).reduce<string>(encodedOnce, text);
      for (const url of [
        `/Users?filter=${encoded(`title eq "${before}${secret}"`)}`,
        `/Users?x=${encoded(`a ${before}${secret}`)}`,
        `/Users/${encoded(`"${before}${secret}"`)}`,
      ])
        assertAbsent(secret, redactUrl(url, NAMES));
    }),
    { numRuns: 300 },
  );
});

test("a planted secret is in no record of headers", () => {
  const scheme = fc.constantFrom("Bearer ", "Basic ", "bearer ", "Token ", "", "Strange ");
  const header = fc.constantFrom("authorization", "proxy-authorization", "cookie", "x-api-key", "x-access-token");
  fc.assert(
    fc.property(SECRET, scheme, header, (secret, before, name) => {
      assertAbsent(secret, redactHeaders([name, `${before}${secret}`, "x-list", "a"], NAMES));
      assertAbsent(secret, redactHeaders(["Referer", `/x?client_secret=${encodeURIComponent(secret)}`], NAMES));
    }),
    { numRuns: 500 },
  );
});

test("any input is redacted without an error and within the limit", () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint16Array(), fc.nat({ max: 50 }), (bytes, units, limit) => {
      const text = String.fromCharCode(...units);
      for (const body of [bytes, Buffer.from(text), Buffer.from(`password=${text}`)]) {
        const shown = redactBody(body, limit, NAMES);
        assert.ok(Buffer.byteLength(shown.text) <= limit);
        assert.equal(shown.bytes, body.length);
      }
      redactUrl(text, NAMES);
      redactHeaders([text, text], NAMES);
    }),
    { numRuns: 500 },
  );
});
