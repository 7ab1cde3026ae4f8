import assert from "node:assert/strict";
import { test } from "node:test";
import { WrongSecrets } from "./wrong-secrets.ts";

const NOW_MS = 1_000_000;

test("an address may be wrong ten times, then once in ten seconds; others are not affected", () => {
  const wrong = new WrongSecrets();
  for (let time = 0; time < 10; time++) assert.equal(wrong.begin("a", NOW_MS), 0);
  assert.equal(wrong.begin("a", NOW_MS), 10_000);
  assert.equal(wrong.begin("a", NOW_MS + 4_000), 6_000);
  assert.equal(wrong.begin("b", NOW_MS + 4_000), 0);
  assert.equal(wrong.begin("a", NOW_MS + 10_000), 0);
  assert.equal(wrong.begin("a", NOW_MS + 10_000), 10_000);
});

test("all addresses together may be wrong a hundred times, then once in two seconds", () => {
  const wrong = new WrongSecrets();
  for (let address = 0; address < 100; address++) assert.equal(wrong.begin(`a${address}`, NOW_MS), 0);
  assert.equal(wrong.begin("another", NOW_MS), 2_000);
  assert.equal(wrong.begin("another", NOW_MS + 2_000), 0);
});

test("a secret that was not wrong does not count, for the address and altogether", () => {
  const wrong = new WrongSecrets();
  for (let time = 0; time < 200; time++) {
    assert.equal(wrong.begin("a", NOW_MS), 0);
    wrong.takeBack("a");
  }
  for (let time = 0; time < 10; time++) assert.equal(wrong.begin("a", NOW_MS), 0);
  assert.equal(wrong.begin("a", NOW_MS), 10_000);
});

test("one that is not let through costs nothing", () => {
  const wrong = new WrongSecrets();
  for (let time = 0; time < 500; time++) wrong.begin("a", NOW_MS);
  for (let address = 0; address < 90; address++) assert.equal(wrong.begin(`b${address}`, NOW_MS), 0);
  assert.equal(wrong.begin("c", NOW_MS), 2_000);
  for (let time = 0; time < 20; time++) wrong.begin("c", NOW_MS);
  for (let time = 0; time < 10; time++) {
    assert.equal(wrong.begin("c", NOW_MS + 20_000), 0, "it was not let through because of the others");
  }
});
