import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ClientActivity } from "../../store/monitor.ts";
import { EIGHT_O_CLOCK_MS, MINUTE_MS } from "../testing/exchange-facts.ts";
import { forecastOf } from "./forecast.ts";
import { type ClientHealth, healthOfClients } from "./health.ts";

/** Requests in a minute after eight o'clock. */
function requests(minute: number, count: number, more: Partial<ClientActivity> = {}): ClientActivity {
  const startMs = EIGHT_O_CLOCK_MS + minute * MINUTE_MS;
  const usual = { credential: "provisioning", dialect: "entra", status: 200, kinds: ["user.changed"], isProbe: false };
  return { ...usual, startMs, count, lastMs: startMs + 1_000, ...more };
}

const FAILED = { status: 409, kinds: ["failure.create"] };

describe("the health of a client", () => {
  test("has its cycles, apart by pauses, and their period", () => {
    const activity = [0, 1, 2, 40, 41, 80].map((minute) => requests(minute, 10));
    const [health] = healthOfClients([...activity, requests(81, 3, FAILED)]);
    assert.equal(health?.periodMs, 40 * MINUTE_MS);
    assert.deepEqual([health?.cycle?.requests, health?.cycle?.failures], [13, 3]);
    assert.deepEqual([health?.cycleBefore?.requests, health?.cycleBefore?.failures], [20, 0]);
    assert.equal(health?.cycle?.startMs, EIGHT_O_CLOCK_MS + 80 * MINUTE_MS);
  });

  test("has the last success, and the last failure of each kind", () => {
    const [health] = healthOfClients([
      requests(1, 1),
      requests(2, 4, FAILED),
      requests(3, 2, FAILED),
      requests(4, 1, { status: 401, kinds: ["failure.authentication"] }),
      requests(5, 1, { status: 404, kinds: ["read.missed"] }),
    ]);
    assert.equal(health?.lastSuccessMs, EIGHT_O_CLOCK_MS + MINUTE_MS + 1_000);
    assert.deepEqual(
      health?.lastFailures.map(({ kind, status, count }) => [kind, status, count]),
      [
        ["failure.authentication", 401, 1],
        ["failure.create", 409, 6],
      ],
    );
  });

  test("is listed by credential and vendor", () => {
    const clients = healthOfClients([
      requests(1, 1),
      requests(2, 1, { dialect: "entra-flagged" }),
      requests(3, 1, { dialect: "okta" }),
      requests(4, 1, { credential: undefined, dialect: "unknown", status: 401 }),
    ]);
    assert.deepEqual(
      clients.map(({ credential, dialect, requests: count }) => [credential, dialect, count]),
      [
        [undefined, "unknown", 1],
        ["provisioning", "okta", 1],
        ["provisioning", "entra-flagged", 2],
      ],
    );
  });

  test("does not count connection tests as cycles", () => {
    const [health] = healthOfClients([requests(1, 5), requests(30, 1, { isProbe: true })]);
    assert.equal(health?.periodMs, undefined);
    assert.equal(health?.cycle?.requests, 5);
  });
});

describe("the quarantine forecast", () => {
  const nowMs = EIGHT_O_CLOCK_MS + 60 * MINUTE_MS;
  const forecast = (activity: readonly ClientActivity[], expiresMs?: number) =>
    forecastOf(healthOfClients(activity)[0] as ClientHealth, expiresMs, nowMs);

  test("expects one from 5,000 failures on, if they are more than 40%", () => {
    const much = forecast([requests(1, 5_000), requests(2, 5_000, FAILED)]);
    assert.equal(much?.outlook, "expected");
    assert.match(String(much?.reason), /^5,000 failures in 10,000 requests of this cycle \(50%\)\. .*5,000 failures/);
    assert.match(String(much?.remedy), /^Most failures are creations answered 409 \(5,000\)/);
    assert.equal(forecast([requests(1, 9_000), requests(2, 5_000, FAILED)])?.outlook, "none");
    assert.equal(forecast([requests(1, 90_000), requests(2, 40_000, FAILED)])?.outlook, "expected");
  });

  test("calls it possible for a large share of few requests, and before the token expires", () => {
    assert.equal(forecast([requests(1, 10), requests(2, 10, FAILED)])?.outlook, "possible");
    const soon = forecast([requests(1, 10)], nowMs + 86_400_000);
    assert.equal(soon?.outlook, "possible");
    assert.match(String(soon?.reason), /The token expires on 25 November 2026, 09:00 UTC/);
    assert.match(String(soon?.remedy), /Secret token/);
  });

  test("expects one at once if the credential is rejected", () => {
    const rejected = { status: 403, kinds: ["failure.authentication"] };
    assert.equal(forecast([requests(1, 10), requests(2, 1, rejected)])?.outlook, "expected");
    assert.equal(forecast([requests(1, 1, rejected), requests(2, 10)])?.outlook, "none");
    assert.equal(forecast([requests(1, 10)], nowMs - 1)?.outlook, "expected");
  });

  test("is made for Entra ID only, whose rules are known", () => {
    assert.equal(forecast([requests(1, 1, { dialect: "okta" })]), undefined);
  });
});
