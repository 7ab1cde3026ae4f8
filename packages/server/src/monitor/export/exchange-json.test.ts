import assert from "node:assert/strict";
import { test } from "node:test";
import { redactBody } from "../redact/body.ts";
import { secretNames } from "../redact/secret-names.ts";
import { placeholder } from "../redact/text.ts";
import { redactUrl } from "../redact/url.ts";
import { base64Of, holdsPlaceholder, isCut, textOf } from "./exchange-json.ts";
import { message } from "./testing/exchange.ts";

const NAMES = secretNames();

/** What is kept of a body. */
function kept(body: string | Buffer, maxBytes = 1_000) {
  const bytes = Buffer.from(body);
  return message([], redactBody(bytes, maxBytes, NAMES).text, bytes.length);
}

test("what stands in the place of a secret is recognised, wherever it is", () => {
  assert.ok(holdsPlaceholder(placeholder("x")));
  assert.ok(holdsPlaceholder(`before ${placeholder("x".repeat(5_000))} behind`));
  assert.ok(holdsPlaceholder(redactUrl("/Users?client_secret=hush", NAMES)));
  assert.ok(holdsPlaceholder(textOf(kept('{"userName":"anna","password":"hush"}')) ?? ""));
  for (const text of ["", "[secret]", "[secret, many characters]", "secret, 5 characters, fingerprint 01ab23cd"]) {
    assert.ok(!holdsPlaceholder(text), text);
  }
});

test("a body that was kept as it was is whole, whatever it is", () => {
  for (const body of ["", "{}", '{"userName":"anna"}', '{"broken":', "[see", "a=b&c=d", "\uFEFF{}"]) {
    assert.ok(!isCut(kept(body)), body);
  }
});

test("one that secrets were taken out of is whole, although it has another length", () => {
  for (const body of [
    '{"userName":"anna","password":"hush"}',
    '{ "password": "a very long secret, longer than what takes its place, of more than fifty characters" }',
    '{\n  "password" : true\n}',
    "grant_type=client_credentials&client_id=okta&client_secret=hush",
  ]) {
    assert.ok(!isCut(kept(body)), body);
    assert.notEqual(kept(body).body.length, kept(body).bodyBytes, body);
  }
});

test("one of which less was kept is cut", () => {
  const long = "x".repeat(2_000);
  for (const body of [`{"userName":"${long}"}`, long, `{"password":"hush","title":"${long}"}`, Buffer.alloc(9, 255)]) {
    assert.ok(isCut(kept(body)), String(body).slice(0, 40));
  }
  // What was cut off may be as long as what the secret became longer by.
  assert.ok(isCut(message([], `{"password":"${placeholder("hush")}","title":"`)));
  // It names a secret and nobody can tell where: all of it is gone.
  assert.ok(isCut(kept('the password is "hush"')));
  assert.ok(isCut(message([], Buffer.from([255, 254]), 3)));
  assert.ok(!isCut(message([], Buffer.from([255, 254]))));
});

test("a body that is no UTF-8 is no text", () => {
  const bytes = message([], Buffer.from([0xc3, 0x28]));
  assert.equal(textOf(bytes), undefined);
  assert.equal(base64Of(bytes), "wyg=");
  assert.equal(textOf(message([], "é")), "é");
});
