import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Exchange } from "../exchange.ts";
import type { ExchangeForm, FormedExchange } from "../exchange-form.ts";
import type { ExchangeFilter } from "../monitor.ts";
import { idsOf, inMonitorWorld, type MonitorWorld, type OpenMonitor } from "./monitor-world.ts";

const MARKS = ["00000000-aaaa-4bbb-8ccc-0000000000m1", "markedname", "990099009900", "markedinurl"];

type Values = {
  readonly id: string;
  readonly label: string;
  readonly revision: number;
  readonly sought: string;
  readonly soughtInUrl: string;
};

function valuesOf(number: number): Values {
  const label = number % 3 === 0 ? `Zoë O'Brien ${number}` : `Alice "A" Young-${number}\\n`;
  const id = `2819c223-7f76-453a-919d-${String(number).padStart(12, "0")}`;
  return { id, label, revision: number, sought: `user${number}@x.example`, soughtInUrl: `user${number}%40x.example` };
}

/** A look-up that found one; what was sought is only in its query. */
function lookUp({ exchange }: MonitorWorld, { id, label, revision, soughtInUrl }: Values): Exchange {
  return exchange({
    query: `filter=userName%20eq%20%22${soughtInUrl}%22`,
    sentences: [{ kind: "look-up.found", text: `Entra ID looked for a user name and found ${label}` }],
    resources: [{ type: "User", id, label }],
    details: { revision },
    response: { headers: ["ETag", `W/"${revision}"`, "X-Id", id], body: Buffer.from("kept"), bodyBytes: 4 },
  });
}

function formOf(world: MonitorWorld): ExchangeForm {
  const [id = "", label = "", revision = "", soughtInUrl = ""] = MARKS;
  return { model: lookUp(world, { id, label, revision: Number(revision), sought: "", soughtInUrl }), marks: MARKS };
}

function formed(form: ExchangeForm, { id, durationUs, split, requestId, response }: Exchange, values: Values) {
  const { id: resource, label, revision, soughtInUrl } = values;
  const own = { id, durationUs, split, requestId, responseBytes: response.bodyBytes };
  return { form, ...own, values: [resource, label, String(revision), soughtInUrl] } satisfies FormedExchange;
}

/**
 * Records exchanges by a form, and others of the same values as a whole, by turns; before them some of another kind, as
 * what a batch has learned is of no use for the next one.
 */
async function recordBoth(world: MonitorWorld, form: ExchangeForm, first: number, count: number) {
  const { store, monitor } = world;
  await recordOthers(world, first);
  const batch = monitor.exchanges.batch();
  const byForm: Exchange[] = [];
  const whole: Exchange[] = [];
  for (let number = first; number < first + count; number++) {
    const values = valuesOf(number);
    const one = { ...lookUp(world, values), durationUs: 17 + number };
    const other = lookUp(world, values);
    batch.addFormed(formed(form, one, values));
    batch.add(other);
    byForm.push(one);
    whole.push(other);
  }
  await store.transaction((transaction) => monitor.exchanges.record(transaction, batch));
  batch.release();
  return { byForm, whole };
}

const OTHERS = 30;

async function recordOthers({ store, monitor, exchange }: MonitorWorld, number: number): Promise<void> {
  const batch = monitor.exchanges.batch();
  for (let at = 0; at < OTHERS; at++) {
    const sentences = [{ kind: "bulk", text: `Okta sent operation${number} in a bulk request ${at}` }];
    const own = { method: "POST", dialect: "okta", userAgent: `bulk agent${number}`, credential: "Okta", sentences };
    batch.add(exchange({ ...own, clientAddress: "198.51.100.7" }));
  }
  await store.transaction((transaction) => monitor.exchanges.record(transaction, batch));
  batch.release();
}

/** Few enough that their words are not indexed; indexed; sealed; more than one block. */
const COUNTS = [5, 20, 200, 700];

export function formedConformance(open: OpenMonitor): void {
  describe("exchanges by their form", () => {
    test(
      "are read as they would be if each had been recorded as a whole",
      inMonitorWorld(open, async (world) => {
        const { monitor, store } = world;
        const form = formOf(world);
        for (const [at, count] of COUNTS.entries()) {
          const { byForm } = await recordBoth(world, form, 1_000 * at, count);
          for (const expected of [byForm[0], byForm[count >> 1], byForm[count - 1]]) {
            const found = await monitor.exchanges.get(store.committed, expected?.id ?? 0);
            assert.ok(found !== undefined);
            const { position, ...exchange } = found;
            const bodies = { request: expected?.request.body, response: expected?.response.body };
            assert.ok(position > 0);
            assert.deepEqual(Buffer.from(exchange.response.body), Buffer.from(bodies.response ?? []));
            assert.deepEqual(
              { ...exchange, request: { ...exchange.request, body: 0 }, response: { ...exchange.response, body: 0 } },
              expected && {
                ...expected,
                request: { ...expected.request, body: 0 },
                response: { ...expected.response, body: 0 },
              },
            );
          }
        }
      }),
    );

    test(
      "are found by what the others are found by",
      inMonitorWorld(open, async (world) => {
        const { monitor, store } = world;
        const found = async (filter: ExchangeFilter) =>
          idsOf((await monitor.exchanges.search(store.committed, filter, { limit: 5_000 })).exchanges);
        const form = formOf(world);
        for (const [at, count] of COUNTS.entries()) {
          const first = 1_000 * at;
          const { byForm, whole } = await recordBoth(world, form, first, count);
          for (const index of [3, count - 1]) {
            const number = first + index;
            const { id, sought } = valuesOf(number);
            const [one, other] = [byForm[index]?.id ?? 0, whole[index]?.id ?? 0];
            const ofOne: ExchangeFilter[] = [
              ...[{ resource: id }, { text: id }, { text: sought }, { text: `user${number} looked` }],
              { text: number % 3 === 0 ? `zoe brien ${number}` : `young ${number}` },
            ];
            for (const filter of ofOne) assert.deepEqual(await found(filter), [other, one], JSON.stringify(filter));
            assert.deepEqual(await found({ requestId: byForm[index]?.requestId ?? "" }), [one]);
          }
          for (const filter of [{ text: `operation${first} okta agent${first} 198` }, { dialects: ["okta"] }]) {
            assert.equal((await found(filter)).length, "text" in filter ? OTHERS : OTHERS * (at + 1));
          }
          const ofAll: ExchangeFilter[] = [
            ...[{ text: "look" }, { text: "filter userName" }, { text: "AzureAD" }, { text: "192" }, { text: "Entra" }],
            { kinds: ["look-up.*"], methods: ["GET"], statuses: [[200, 200]], dialects: ["entra"] },
          ];
          const both = [...byForm, ...whole].map((exchange) => exchange.id).sort((left, right) => right - left);
          for (const filter of ofAll) {
            const latest = (await found(filter)).slice(0, both.length).sort((left, right) => right - left);
            assert.deepEqual(latest, both, JSON.stringify(filter));
          }
        }
        const nothing = [...MARKS, "marked", "990099009900", "40x", "kept"];
        for (const text of nothing) assert.deepEqual(await found({ text }), [], text);
      }),
    );
  });
}
