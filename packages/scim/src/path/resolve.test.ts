import assert from "node:assert/strict";
import { test } from "node:test";
import { newReading, type Profile } from "../dialect/tolerance.ts";
import { CORE, CUSTOM, ENTERPRISE, MODEL } from "../filter/fixture.ts";
import { ScimError } from "../message/error.ts";
import { parseAttributePath, parsePath } from "./parse.ts";
import { resolveAttributePath, resolveExtension, resolvePath } from "./resolve.ts";

const MALFORMED = "urn:ietf:params:scim:schemas:extension:enterprise:2.0User";

/** A short form of the target, and the tolerances used. */
function target(text: string, profile: Profile = "tolerant"): string {
  const reading = newReading(profile);
  const found = resolvePath(parsePath(text, reading), MODEL, reading);
  const codes = reading.notes.map((note) => ` !${note.code}`).join("");
  switch (found.kind) {
    case "attribute":
      return [
        found.attribute.path,
        ...(found.filter === undefined ? [] : [`[${found.filter.kind}]`]),
        ...(found.subAttribute === undefined ? [] : [` > ${found.subAttribute.path}`]),
        codes,
      ].join("");
    case "extension":
      return `extension ${found.extension.schema.id}${codes}`;
    case "unknown":
      return `unknown ${[found.schema, found.attribute, found.subAttribute].join("|")}${codes}`;
  }
}

function refusal(text: string, profile: Profile = "tolerant"): string {
  try {
    target(text, profile);
  } catch (error) {
    assert.ok(error instanceof ScimError, String(error));
    return `${error.scimType} ${error.detail}`;
  }
  assert.fail(`${text} was resolved`);
}

test("paths of RFC 7644 and of identity providers have the right targets, in the strict profile", () => {
  const cases: [string, string][] = [
    ["active", "active"],
    ["members", "members"],
    ["USERNAME", "userName"],
    [`${CORE}:name.familyName`, "name > name.familyName"],
    ["name.familyName", "name > name.familyName"],
    ['emails[type eq "work"].value', "emails[compare] > emails.value"],
    ['emails[type eq "work" and value ew "example.com"]', "emails[and]"],
    ['addresses[type eq "work"].streetAddress', "addresses[compare] > addresses.streetAddress"],
    ['members[value eq "7f4b"]', "members[compare]"],
    ['members[value eq "7f4b"].displayName', "members[compare] > members.displayName"],
    ['tags[value eq "red"]', "tags[compare]"],
    [`${ENTERPRISE}:department`, `${ENTERPRISE}:department`],
    [`${ENTERPRISE}:manager`, `${ENTERPRISE}:manager`],
    [`${ENTERPRISE}:manager.displayName`, `${ENTERPRISE}:manager > ${ENTERPRISE}:manager.displayName`],
    [ENTERPRISE, `extension ${ENTERPRISE}`],
    [ENTERPRISE.toLowerCase(), `extension ${ENTERPRISE}`],
    [CUSTOM, `extension ${CUSTOM}`],
    [`${CUSTOM}:shared`, `${CUSTOM}:shared`],
  ];
  for (const [text, expected] of cases) assert.equal(target(text, "strict"), expected);
});

test("what identity providers send beyond the RFC is accepted only in the tolerant profile", () => {
  const cases: [string, string][] = [
    ["manager", `${ENTERPRISE}:manager !unqualified-extension-attribute`],
    ["department", `${ENTERPRISE}:department !unqualified-extension-attribute`],
    [`${MALFORMED}:department`, `${ENTERPRISE}:department !malformed-urn`],
    [MALFORMED, `extension ${ENTERPRISE} !malformed-urn`],
    ['roles[primary eq "True"].value', "roles[compare] > roles.value !string-boolean"],
    ["emails[type eq work].value", "emails[compare] > emails.value !unquoted-value"],
  ];
  for (const [text, expected] of cases) {
    assert.equal(target(text), expected);
    assert.match(refusal(text, "strict"), /refused in the strict profile/);
  }
  assert.match(refusal("department", "strict"), /^invalidPath department: the name department is refused/);
});

test("an unknown attribute is passed to the patch engine, as written", () => {
  assert.equal(target("favouriteColour"), "unknown |favouriteColour|");
  assert.equal(target("custom.part"), "unknown |custom|part");
  assert.equal(target(`${ENTERPRISE}:unknown`), `unknown ${ENTERPRISE}|unknown|`);
  assert.equal(target("urn:x:y:z"), "unknown urn:x:y|z|");
  assert.equal(target("shared"), "unknown |shared|");
  const path = parsePath('custom[type eq "x"].part', newReading("strict"));
  assert.deepEqual(resolvePath(path, MODEL, newReading("strict")), { kind: "unknown", ...path });
});

test("an impossible path is rejected with the possible ones", () => {
  const cases: [string, string][] = [
    [
      "name.givnName",
      'invalidPath path: name has no sub-attribute "givnName", only formatted, familyName, givenName. Did you mean givenName?',
    ],
    ["userName.x", 'invalidPath path: userName has no sub-attributes, so "x" names nothing.'],
    [
      'emails[type eq "work"].vlaue',
      'invalidPath path: emails has no sub-attribute "vlaue", only value, type, display, primary. Did you mean value?',
    ],
    [
      'name[familyName eq "x"]',
      "invalidPath path: name has a single value, so brackets cannot select one; leave them out.",
    ],
    [
      'emails[tpye eq "work"]',
      'invalidFilter filter: emails has no sub-attribute "tpye", only value, type, display, primary. Did you mean type?',
    ],
    ["urn:x:2.0", 'invalidPath path: "urn:x:2.0" is neither an attribute nor an extension of User.'],
    [
      "urn:example:params:custm:2.0",
      `invalidPath path: "urn:example:params:custm:2.0" is neither an attribute nor an extension of User. Did you mean ${CUSTOM}?`,
    ],
  ];
  for (const [text, detail] of cases) assert.equal(refusal(text), detail);
});

test("a name is resolved alone, for sortBy and attributes", () => {
  const find = (text: string) => resolveAttributePath(parseAttributePath(text), MODEL, newReading("tolerant"))?.path;
  assert.equal(find("NAME.GIVENNAME"), "name.givenName");
  assert.equal(find("manager.value"), `${ENTERPRISE}:manager.value`);
  assert.equal(find("name.x"), undefined);
  assert.equal(find("userName.x"), undefined);
  assert.equal(find("constructor"), undefined);
  assert.equal(find(ENTERPRISE), undefined);
});

test("an extension is found by its URN, without separators only in the tolerant profile", () => {
  const strict = newReading("strict");
  assert.equal(resolveExtension(ENTERPRISE.toUpperCase(), MODEL, strict)?.schema.id, ENTERPRISE);
  assert.equal(resolveExtension("urn:x", MODEL, strict), undefined);
  assert.throws(() => resolveExtension(MALFORMED, MODEL, strict), ScimError);
  const reading = newReading("tolerant");
  assert.equal(resolveExtension(MALFORMED, MODEL, reading)?.schema.id, ENTERPRISE);
  assert.equal(reading.notes[0]?.detail, `the URN ${MALFORMED} was read as ${ENTERPRISE}`);
});
