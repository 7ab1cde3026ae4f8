import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { type SecretNames, secretNames } from "./secret-names.ts";
import { redactText, withoutEscapes } from "./text.ts";
import { Trigrams } from "./trigrams.ts";

const NAMES = secretNames();
/** Attributes of an endpoint's schemas that are never returned. */
const OWN = secretNames(["vault", "doorCode", "x_2", "$tag1"]);

/** Separators of the parts of a name. */
const SEPARATED = (first: string, second: string) => [`${first}${second}`, `${first}-${second}`, `${first}_${second}`];

/** Every part of a name that makes it a secret, with each separator. */
const PARTS: readonly string[] = [
  ...["password", "passwort", "passwd", "kennwort", "pwd", "secret", "token", "assertion", "credential"],
  ...["authorization", "cookie", "signature", "verifier"],
  ...["phrase", "code"].flatMap((word) => SEPARATED("pass", word)),
  ...["api", "private", "access", "account", "subscription", "shared", "signing", "encryption"].flatMap((word) =>
    SEPARATED(word, "key"),
  ),
  ...SEPARATED("session", "id"),
  ...["request", "response"].flatMap((word) => SEPARATED("saml", word)),
];

/** Those that are secrets only as whole names. */
const WHOLE: readonly string[] = ["pin", "otp", "totp", "sig", "jwt"];

/** Letter cases of a name: each letter by a bit. */
function inCase(name: string, bits: number): string {
  return [...name].map((letter, at) => ((bits >> (at % 30)) & 1 ? letter.toUpperCase() : letter)).join("");
}

const CASES = [0, 1, 0x3fffffff, 0x15555555];

/** Secrets with a known form, and text before and after them. */
const FORMS = [
  "scim_0123456789abcdefABCDEF",
  "SCIM_client_0123456789abcdefABCDEF",
  "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
  "Bearer 0123456789abcdef",
  "bearer\t0123456789abcdef",
  "BASIC YWxpY2U6c2VjcmV0c2VjcmV0",
  "SSWS 00abcdefghijklmnop",
];

describe("a text is not plain that has", () => {
  for (const name of PARTS) {
    test(name, () => {
      for (const bits of CASES) assertSeen(inCase(name, bits), [inCase(name, bits), `x${inCase(name, bits)}Y`]);
    });
  }
  for (const name of WHOLE) {
    test(`${name} as a whole word`, () => {
      for (const bits of CASES) assertSeen(inCase(name, bits), [inCase(name, bits)]);
    });
  }
  for (const form of FORMS) {
    test(form, () => {
      assert.notEqual(redactText(form, NAMES), form);
      for (const text of [form, `a "${form}" b`, `${"é".repeat(9)} ${form}`]) assert.equal(NAMES.isPlain(text), false);
    });
  }
});

test("names of an endpoint's own secrets are found in any letter case, in strings and in bytes", () => {
  for (const name of ["vault", "doorCode", "x_2", "$tag1"]) {
    for (const bits of CASES) {
      const text = `{"${inCase(name, bits)}":1}`;
      assert.deepEqual(
        [OWN.isPlain(text), OWN.isPlain(Buffer.from(text)), OWN.areMentioned(text)],
        [false, false, true],
      );
      assert.ok(NAMES.isPlain(text), text);
    }
  }
});

test("a name of fewer than three letters prevents the quick scan", () => {
  for (const text of ["", "userName", "pi"]) assert.equal(secretNames(["pi"]).isPlain(text), false);
  assert.throws(() => new Trigrams(["pi"]), /^Error: "pi" has no three letters$/);
});

test("ordinary messages are plain", () => {
  const user = {
    schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"],
    id: "01a2-b3",
    userName: "alice@example.com",
  };
  const name = { formatted: 'Ms. Älice \\ "Young"', familyName: "Young" };
  const body = JSON.stringify({ ...user, name, active: true, emails: [{ value: "a@example.com", primary: true }] });
  for (const text of [body, JSON.stringify(JSON.parse(body), null, "\t"), "application/scim+json; charset=utf-8"]) {
    assert.ok(NAMES.isPlain(text) && OWN.isPlain(Buffer.from(text)), text);
  }
});

test("words with a name in the middle are plain, words that begin with it are not", () => {
  for (const text of ["Designer", "shipping", "SPIN", "_pin", '"resign"']) assert.ok(NAMES.isPlain(text), text);
  for (const text of ["sign", "Pinto", "-sig", "1pin", "épin", "x.jwt", "totp"]) {
    assert.equal(NAMES.isPlain(text), false, text);
  }
});

test("control characters and escapes that may hide a word are found; an escaped backslash is not one", () => {
  for (const code of [...range(0, 0x1f), ...range(0x7f, 0x9f)]) {
    const isBlank = [0x09, 0x0a, 0x0d].includes(code);
    assert.equal(NAMES.isPlain(`a${String.fromCharCode(code)}b`), isBlank, code.toString(16));
  }
  for (const text of ["\\u0070", "a\\u0062", "%70", "100%", "\\\\u0070"])
    assert.equal(NAMES.isPlain(text), false, text);
  for (const text of ["a\\\\b", 'a\\"b', "a\\nb", "\\"]) assert.equal(NAMES.isPlain(text), true, text);
});

/** Texts of all kinds with many names and forms of secrets, whole, cut and escaped. */
const PIECE = fc.oneof(
  fc.constantFrom(...PARTS, ...WHOLE, "vault", "doorcode", "x_2", "$tag1", ...FORMS),
  fc.constantFrom(
    "passenger",
    "pinned",
    "keyboard",
    "secretary",
    "sign",
    "eyj",
    "basic",
    "scim_",
    "=",
    ' eq "',
    "\n",
    "/",
  ),
  fc.constantFrom("\u212a", "\u017f", "\u0130", "\ud83d\ude00", "\u0085", "é", "Ā", "\u0000", "\\u0070", "%70", "\\"),
  fc.string({ maxLength: 4, unit: "binary" }),
);

const CUT = fc
  .tuple(PIECE, fc.nat(), fc.nat(40), fc.nat(40))
  .map(([piece, bits, from, to]) => inCase(piece, bits % 0x3fffffff).slice(from % 3 === 0 ? from : 0, to + 1));

const TEXT = fc.array(fc.oneof(PIECE, CUT), { maxLength: 12 }).map((pieces) => pieces.join(""));

test("no text is plain if it may name a secret, or if redaction changes it", () => {
  let plain = 0;
  for (const names of [NAMES, OWN]) {
    const thorough: SecretNames = { ...names, isPlain: () => false };
    fc.assert(
      fc.property(TEXT, (text) => {
        if (!names.isPlain(text)) return;
        plain++;
        assert.ok(!names.areMentioned(text) && !names.areMentioned(withoutEscapes(text)));
        assert.equal(withoutEscapes(text), text);
        assert.equal(redactText(text, thorough), text);
        assert.doesNotMatch(text, /[\p{Cc}--[\t\n\r]]/v);
        assert.ok(names.isPlain(Buffer.from(text)));
      }),
      { numRuns: 3_000 },
    );
  }
  assert.ok(plain > 100, `only ${plain} of the texts were plain`);
});

function assertSeen(name: string, texts: readonly string[]): void {
  assert.ok(NAMES.isSecret(name), name);
  for (const each of texts) {
    for (const text of [each, `{"${each}":1}`, `${"a".repeat(200)} ${each}=`, `é ${each}\n`]) {
      assert.ok(NAMES.areMentioned(text), text);
      assert.deepEqual([NAMES.isPlain(text), NAMES.isPlain(Buffer.from(text))], [false, false], text);
    }
  }
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, at) => from + at);
}
