import assert from "node:assert/strict";
import { test } from "node:test";
import { suspicionOf } from "./values.ts";

const SUSPECT = [
  ["title", "null"],
  ["userName", "undefined@example.com"],
  ["displayName", "undefined undefined"],
  ["nickName", "[object Object]"],
  ["title", "{{jobTitle}}"],
  ["userName", "[userPrincipalName]"],
  ["name.familyName", "O&#39;Neill"],
  ["name.givenName", "Ren&eacute;e"],
  ["name.familyName", "MÃ¼ller"],
  ["name.familyName", "M\uFFFDller"],
  ["name.givenName", "Ren?e"],
  ["userName", "alice@example.com "],
  ["phoneNumbers.value", "4.930123456E10"],
  ["emails.value", "alice.example.com"],
  ["userName", "alice@example.com@example.com"],
  ["title", "'Director'"],
  ["phoneNumbers.value", "0000000000"],
  ["phoneNumbers.value", "see e-mail"],
  ["locale", "German"],
  ["preferredLanguage", "English"],
  ["timezone", "W. Europe Standard Time"],
  ["userName", "\u0430nna@example.com"],
  ["emails.type", "\u201Cwork\u201D"],
];

const NORMAL = [
  ["name.familyName", "Null"],
  ["name.familyName", "O'Neill"],
  ["displayName", 'Robert "Bob" Stone'],
  ["name.familyName", "Müller"],
  ["displayName", "Ana ÃO & Söhne"],
  ["displayName", "山田 太郎"],
  ["title", "Research & Development; Sales"],
  ["title", "Ready?"],
  ["userName", "bob_contoso.com#EXT#@example.com"],
  ["photos.value", "https://example.com/photo?size=2&copy=1"],
  ["emails.value", "alice+news@example.com"],
  ["phoneNumbers.value", "+49 30 1234567"],
  ["phoneNumbers.value", "tel:+1-201-555-0123"],
  ["locale", "en_US"],
  ["preferredLanguage", "da, en-GB;q=0.8"],
  ["timezone", "America/Los_Angeles"],
  ["userName", "\u0430\u043d\u043d\u0430@\u043f\u0440\u0438\u043c\u0435\u0440"],
  ["roles.value", '{"id":"1","value":"Admin","displayName":"Admin"}'],
  ["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber", "0012E3"],
];

test("values that nobody can have meant are suspect, and ordinary ones are not", () => {
  for (const [path = "", text = ""] of SUSPECT) assert.ok(suspicionOf({ path, text }), text);
  for (const [path = "", text = ""] of NORMAL) assert.equal(suspicionOf({ path, text }), undefined, text);
});

test("a value is cut only if its end is within a word", () => {
  const path = "title";
  assert.ok(suspicionOf({ path, text: "Vice President of Inter", before: "Vice President of International Sales" }));
  assert.equal(suspicionOf({ path, text: "Vice President", before: "Vice President of Sales" }), undefined);
});
