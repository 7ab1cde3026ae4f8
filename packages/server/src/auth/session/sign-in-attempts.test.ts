import assert from "node:assert/strict";
import { test } from "node:test";
import { SignInAttempts } from "./sign-in-attempts.ts";

const NOW_MS = 1_000_000;

test("an address may be wrong ten times, then once in ten seconds; others are not affected", () => {
  const attempts = new SignInAttempts();
  for (let time = 0; time < 10; time++) assert.equal(attempts.begin("a", NOW_MS), 0);
  assert.equal(attempts.begin("a", NOW_MS), 10_000);
  assert.equal(attempts.begin("a", NOW_MS + 4_000), 6_000);
  assert.equal(attempts.begin("b", NOW_MS + 4_000), 0);
  assert.equal(attempts.begin("a", NOW_MS + 10_000), 0);
  assert.equal(attempts.begin("a", NOW_MS + 10_000), 10_000);
});

test("all addresses together may be wrong a hundred times, then once in two seconds", () => {
  const attempts = new SignInAttempts();
  for (let address = 0; address < 100; address++) assert.equal(attempts.begin(`a${address}`, NOW_MS), 0);
  assert.equal(attempts.begin("another", NOW_MS), 2_000);
  assert.equal(attempts.begin("another", NOW_MS + 2_000), 0);
});

test("an attempt that was not wrong does not count, for the address and altogether", () => {
  const attempts = new SignInAttempts();
  for (let time = 0; time < 200; time++) {
    assert.equal(attempts.begin("a", NOW_MS), 0);
    attempts.takeBack("a");
  }
  for (let time = 0; time < 10; time++) assert.equal(attempts.begin("a", NOW_MS), 0);
  assert.equal(attempts.begin("a", NOW_MS), 10_000);
});

test("an attempt that is not let through costs nothing", () => {
  const attempts = new SignInAttempts();
  for (let time = 0; time < 500; time++) attempts.begin("a", NOW_MS);
  for (let address = 0; address < 90; address++) assert.equal(attempts.begin(`b${address}`, NOW_MS), 0);
  assert.equal(attempts.begin("c", NOW_MS), 2_000);
  for (let time = 0; time < 20; time++) attempts.begin("c", NOW_MS);
  for (let time = 0; time < 10; time++) {
    assert.equal(attempts.begin("c", NOW_MS + 20_000), 0, "it was not let through because of the others");
  }
});
