import assert from "node:assert/strict";
import { test } from "node:test";
import { ScimError } from "@scimtool/scim";
import type { FastifyRequest } from "fastify";
import type { ExchangeFilter } from "../../../store/monitor.ts";
import { queryOf } from "../query-of.ts";
import { FILTER_PARAMETERS, filterOf } from "./filter-of.ts";

const NOON_MS = Date.UTC(2026, 7, 1, 12);
const ENDPOINTS = new Map([["okta", { key: 7 }]]);

function read(query: string): ExchangeFilter {
  return filterOf(queryOf({ query } as unknown as FastifyRequest, FILTER_PARAMETERS), ENDPOINTS, NOON_MS);
}

function isRefused(query: string, detail: RegExp): void {
  assert.throws(
    () => read(query),
    (error) => error instanceof ScimError && error.status === 400 && detail.test(error.detail),
    query,
  );
}

test("without parameters everything is chosen", () => {
  assert.deepEqual(read(""), {});
  assert.deepEqual(read("endpoint=&q=&kind=,&probes=include"), {});
});

test("each parameter is a condition", () => {
  assert.deepEqual(
    read(
      "endpoint=okta&from=24h&to=2026-08-01T11:00:00Z&kind=user.created,failure.*&severity=warning&severity=error" +
        "&status=404,5xx,200-299&method=post,PATCH&dialect=okta-wizard&credential=Okta&resource=u1&requestId=r-1" +
        "&probes=exclude&q=alice+smith",
    ),
    {
      endpoint: 7,
      fromMs: NOON_MS - 86_400_000,
      toMs: NOON_MS - 3_600_000,
      kinds: ["user.created", "failure.*"],
      severities: ["warning", "error"],
      statuses: [
        [404, 404],
        [500, 599],
        [200, 299],
      ],
      methods: ["POST", "PATCH"],
      dialects: ["okta-wizard"],
      credentials: ["Okta"],
      resource: "u1",
      requestId: "r-1",
      probes: "exclude",
      text: "alice smith",
    },
  );
  assert.deepEqual(read("probes=only&q=a&q=b"), { probes: "only", text: "a b" });
});

test("a credential's label may have commas itself", () => {
  assert.deepEqual(read("credential=Entra,%20test&credential=Okta").credentials, [
    "Entra, test",
    "Okta",
    "Entra",
    "test",
  ]);
});

test("as many words are sought as may be, however often each is there", () => {
  const words = (count: number) => Array.from({ length: count }, (_, number) => `Word${number}`);
  assert.equal(read(`q=${words(32).join("+")}`).text, words(32).join(" "));
  assert.equal(read(`q=${"the+user+".repeat(500)}`).text, "the user ".repeat(500));
  isRefused(`q=${words(33).join("+")}`, /^"q" has 33 different words\. Send 32 at most\.$/);
  isRefused(`q=${words(20).join("+")}&q=${words(40).join(".")}`, /40 different words/);
  // Signs that become words of letters.
  isRefused(
    `q=${encodeURIComponent([..."㎏㎐㍱℃㏄㏑㎜㎝㎞㎎"].join(" "))}&q=${words(30).join("-")}`,
    /different words/,
  );
});

test("what a parameter cannot be is refused, saying what it may be", () => {
  isRefused("endpoint=entra", /there is none named "entra"/);
  isRefused("from=1h&to=2h", /"from" must be before "to"/);
  isRefused("from=soon", /"from" must be a time/);
  isRefused("to=soon", /"to" must be a time/);
  for (const kind of ["User", "user.", "*", "user*", ".created", "user.*.x"])
    isRefused(`kind=${kind}`, /"kind" cannot be/);
  isRefused("severity=fatal", /info, notice, warning, error/);
  for (const status of ["4x", "99", "600", "6xx", "499-400", "400-", "-400", "4xx-5xx"]) {
    isRefused(`status=${status}`, /"status" cannot be .* 404, 4xx or 400-499/);
  }
  isRefused("method=G%20T", /"method" cannot be "G T"/);
  isRefused("probes=no", /include, exclude or only/);
  isRefused("resource=a&resource=b", /"resource" is there twice/);
  isRefused("kinds=x", /The parameters are: endpoint, from, to, kind,/);
});
