import assert from "node:assert/strict";
import { test } from "node:test";
import { ScimError } from "@scimtool/scim";
import type { ExchangeFilter } from "../../../store/monitor.ts";
import { queryOf } from "../request.ts";
import { partial } from "../schema.ts";
import { FILTER_PARAMETERS, filterOf } from "./filter.ts";

const NOON_MS = Date.UTC(2026, 7, 1, 12);
const ENDPOINTS = new Map([["okta", { key: 7 }]]);

const PARAMETERS = partial(FILTER_PARAMETERS);

async function read(query: string): Promise<ExchangeFilter> {
  return filterOf(await queryOf({ query }, PARAMETERS), ENDPOINTS, NOON_MS);
}

async function isRefused(query: string, detail: RegExp): Promise<void> {
  await assert.rejects(
    read(query),
    (error) => error instanceof ScimError && error.status === 400 && detail.test(error.detail),
    query,
  );
}

test("without parameters everything is selected", async () => {
  assert.deepEqual(await read(""), {});
  assert.deepEqual(await read("endpoint=&q=&kind=,&probes=include"), {});
});

test("each parameter is a condition", async () => {
  assert.deepEqual(
    await read(
      "endpoint=okta&from=24h&to=2026-08-01T11:00:00Z&kind=user.created,failure.*&severity=warning&severity=error" +
        "&status=404,5xx,200-299&method=post,PATCH&dialect=okta-wizard&credential=Okta&resource=u1&path=/Users/*&requestId=r-1" +
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
      path: "/Users/*",
      requestId: "r-1",
      probes: "exclude",
      text: "alice smith",
    },
  );
  assert.deepEqual(await read("probes=only&q=a&q=b"), { probes: "only", text: "a b" });
});

test("a credential's label may contain commas", async () => {
  assert.deepEqual((await read("credential=Entra,%20test&credential=Okta")).credentials, [
    "Entra, test",
    "Okta",
    "Entra",
    "test",
  ]);
});

test("the maximum of words counts each word once", async () => {
  const words = (count: number) => Array.from({ length: count }, (_, number) => `Word${number}`);
  assert.equal((await read(`q=${words(32).join("+")}`)).text, words(32).join(" "));
  assert.equal((await read(`q=${"the+user+".repeat(500)}`)).text, "the user ".repeat(500));
  await isRefused(`q=${words(33).join("+")}`, /^"q" has 33 different words\. Send 32 at most\.$/);
  await isRefused(`q=${words(20).join("+")}&q=${words(40).join(".")}`, /40 different words/);
  // Characters that become words of letters.
  await isRefused(
    `q=${encodeURIComponent([..."㎏㎐㍱℃㏄㏑㎜㎝㎞㎎"].join(" "))}&q=${words(30).join("-")}`,
    /different words/,
  );
});

test("an invalid parameter is rejected with the valid values", async () => {
  await isRefused("endpoint=entra", /There is no endpoint "entra"/);
  await isRefused("from=1h&to=2h", /"from" must be before "to"/);
  await isRefused("from=soon", /"from" must be a time/);
  await isRefused("to=soon", /"to" must be a time/);
  for (const kind of ["User", "user.", "*", "user*", ".created", "user.*.x"])
    await isRefused(`kind=${kind}`, /"kind" cannot be/);
  await isRefused("severity=fatal", /info, notice, warning, error/);
  for (const status of ["4x", "99", "600", "6xx", "499-400", "400-", "-400", "4xx-5xx"]) {
    await isRefused(`status=${status}`, /"status" cannot be .* 404, 4xx or 400-499/);
  }
  await isRefused("method=G%20T", /"method" cannot be "G T"/);
  await isRefused("probes=no", /include, exclude or only/);
  await isRefused("resource=a&resource=b", /"resource" was sent twice/);
  await isRefused("kinds=x", /The parameters are: endpoint, from, to, kind,/);
});

test("a client may be selected by its vendor, for all of its dialects", async () => {
  assert.deepEqual(await read("dialect=entra+id,okta-wizard"), { dialects: ["entra", "entra-flagged", "okta-wizard"] });
});
