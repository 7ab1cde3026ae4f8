import assert from "node:assert/strict";
import { join } from "node:path";
import { after, test } from "node:test";
import { startApplication } from "../../testing/application.ts";
import { refused, succeeded } from "../../testing/assert-answer.ts";
import { groupIdAt, populate } from "../../testing/population.ts";
import { SKIP_ON_POSTGRES } from "../../testing/store.ts";

const server = await startApplication({ searchTimeoutMs: 500 });
const { client } = server;
after(server.close);
const users = 30_000;
if (SKIP_ON_POSTGRES === false)
  populate(join(server.dataDir, "scim.db"), { endpoint: 1, users, groups: 61, groupsOfEach: 4, exchanges: 0 });

function either(count: number, one: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => one(index)).join(" or ");
}

/** Takes longer than the server of this test allows. */
const LONG = `/Groups?filter=${encodeURIComponent(either(99, (index) => `members.display co "zz${index}"`))}`;

test("a search that takes too long is rejected with advice, and blocks nobody", {
  skip: SKIP_ON_POSTGRES,
}, async () => {
  const long = client.get(LONG);
  for (let count = 0; count < 5; count++) {
    const startMs = performance.now();
    succeeded(await client.get('/Users?filter=userName eq "user7"'.replaceAll(" ", "%20")), 200);
    assert.ok(performance.now() - startMs < 400);
  }
  const detail = /longer than 0\.5 s \(SEARCH_TIMEOUT\).*Narrow the filter.*"indexed"/;
  refused(await long, 400, "tooMany", detail);
});

test("more than a few long searches are refused at once, with Retry-After", { skip: SKIP_ON_POSTGRES }, async () => {
  const answers = await Promise.all(Array.from({ length: 40 }, () => client.get(LONG)));
  const busy = answers.filter(({ status }) => status === 503);
  assert.ok(busy.length >= 5, `${busy.length}`);
  for (const answer of busy) {
    refused(answer, 503, undefined, /busy with other long searches/);
    assert.equal(answer.headers["retry-after"], "5");
  }
  assert.ok(answers.every(({ status }) => status === 503 || status === 400));
});

test("a PATCH whose paths search the members for too long changes nothing", { skip: SKIP_ON_POSTGRES }, async () => {
  const path = `members[${either(499, (index) => `display co "zz${index}"`)}]`;
  const operations = Array.from({ length: 4 }, () => ({ op: "remove", path }));
  const reading = client.patch(`/Groups/${groupIdAt(0)}`, operations);
  refused(await reading, 400, "tooMany", /^members: .* longer than 2 s, so nothing was changed.*members\[value eq/);
});
