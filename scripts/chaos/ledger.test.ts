import assert from "node:assert/strict";
import { test } from "node:test";
import { type Entry, type Found, violationsOf } from "./ledger.ts";

const ANNA: Entry = {
  userName: "anna",
  id: "1",
  creation: "acknowledged",
  patches: ["acknowledged", "unknown", "refused"],
  membership: "acknowledged",
};
const user = (value: string, version: number, nickName = value) => ({
  ...{ id: "1", userName: "anna", title: value, nickName },
  meta: { version: `W/"${version}"` },
});
const found = (users: Found["users"], members = ["1"], population = users.length): Found => ({
  users,
  members,
  population,
});

test("a ledger that matches the database has no violations, whatever became of unanswered changes", () => {
  assert.deepEqual(violationsOf([ANNA], found([user("1", 2)])), []);
  assert.deepEqual(violationsOf([ANNA], found([user("2", 3)])), []);
});

test("each kind of loss, repetition and half a change is noticed", () => {
  const cases: [Found, RegExp][] = [
    [found([]), /anna: creation acknowledged, but it does not exist/],
    [found([user("1", 2), user("1", 2)]), /anna exists 2 times/],
    [found([user("0", 1)]), /change 1 was acknowledged, but the value is 0/],
    [found([user("3", 3)]), /change 3 was refused, but is there/],
    [found([user("1", 4)]), /3 versions of 1 to 2 changes/],
    [found([user("1", 2, "0")]), /half applied: title 1, nickName 0/],
    [found([user("1", 2)], []), /membership acknowledged, but 0 found/],
    [found([user("1", 2)], ["1", "1"]), /2 times a member/],
    [found([user("1", 2)], ["1"], 2), /1 users, but the server counts 2/],
    [found([user("1", 2), { ...user("0", 1), id: "2", userName: "ben" }]), /ben was never created/],
  ];
  for (const [each, expected] of cases) assert.match(violationsOf([ANNA], each).join("\n"), expected);
});
