import assert from "node:assert/strict";
import { test } from "node:test";
import { Latency } from "./shipper.ts";

test("without measurements there are no quantiles", () => {
  assert.equal(new Latency().quantiles(), null);
});

test("one measurement is every quantile", () => {
  const latency = new Latency();
  latency.add(12.34);
  assert.deepEqual(latency.quantiles(), { p50: 12.3, p99: 12.3 });
});

test("half are below the median, and one in a hundred is above the last percentile, in any order", () => {
  const latency = new Latency();
  for (let at = 0; at < 100; at++) latency.add(((at * 37) % 100) + 1);
  assert.deepEqual(latency.quantiles(), { p50: 51, p99: 100 });
});

test("only the last 512 count", () => {
  const latency = new Latency();
  for (let at = 0; at < 1_000; at++) latency.add(9_999);
  for (let at = 0; at < 512; at++) latency.add(5);
  assert.deepEqual(latency.quantiles(), { p50: 5, p99: 5 });
  latency.add(6);
  assert.deepEqual(latency.quantiles(), { p50: 5, p99: 5 });
  for (let at = 0; at < 256; at++) latency.add(6);
  assert.deepEqual(latency.quantiles(), { p50: 6, p99: 6 });
});
