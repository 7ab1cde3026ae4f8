import assert from "node:assert/strict";
import { test } from "node:test";
import { BoundedMap } from "./bounded-map.ts";

test("a full map drops its oldest entry; setting an entry again makes it the newest", () => {
  const map = new BoundedMap<string, number>(2);
  map.set("a", 1);
  map.set("b", 2);
  map.set("a", 3);
  map.set("c", 4);
  assert.deepEqual([map.get("a"), map.get("b"), map.get("c"), map.size], [3, undefined, 4, 2]);
  map.delete("a");
  assert.deepEqual([map.get("a"), map.size], [undefined, 1]);
  map.clear();
  assert.deepEqual([map.get("c"), map.size], [undefined, 0]);
});

test("a map of weighed values drops as many of the oldest as a new one needs, and keeps the newest whatever it weighs", () => {
  const map = new BoundedMap<string, string>(5, (value) => value.length);
  map.set("a", "11");
  map.set("b", "22");
  map.set("c", "3");
  map.set("a", "1");
  map.set("d", "444");
  assert.deepEqual([map.get("a"), map.get("b"), map.get("c"), map.get("d")], ["1", undefined, "3", "444"]);
  map.set("e", "5".repeat(9));
  assert.deepEqual([map.get("e"), map.size], ["555555555", 1]);
  map.delete("e");
  map.set("f", "66666");
  assert.equal(map.size, 1);
});
