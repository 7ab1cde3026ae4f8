import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { entityTag, resourceModel, USER_TYPE } from "@scimtool/scim";
import { serveEndpoint } from "../../endpoint/served-endpoint.ts";
import type { Exchange } from "../../store/exchange.ts";
import { type FormedExchange, formFiller } from "../../store/exchange-form.ts";
import { withMeta } from "../../store/resource-body.ts";
import { answered, startRecorder } from "../testing/recorder.ts";
import { Actors } from "./actors.ts";
import type { Answered } from "./answered.ts";
import { exchangeOf } from "./exchange.ts";
import { Forms } from "./forms.ts";

const model = resourceModel(USER_TYPE);
const endpoint = serveEndpoint({ key: 1, revision: 1, name: "default", settings: {} });
const credential = { identity: "token 1", label: "Entra token" };
const place = { endpoint, basePath: "/scim/v2", credential, failed: undefined, isManual: false };
const HOST = "https://scim.example";

type User = { readonly label: string; readonly sought?: string; readonly revision?: number };

let number = 0;

function nextId(): string {
  number++;
  return `01a22ae0-b8ee-7be6-baa1-${String(number).padStart(12, "0")}`;
}

function one(more: Partial<Answered>): Answered {
  number++;
  return answered(4_096 * number, number, {
    place,
    status: 200,
    durationMs: number / 7,
    timing: { queueMs: number / 11, databaseMs: number / 13 },
    requestId: `req-${number}`,
    userAgent: "agent/1.0",
    requestHeaders: ["Host", "scim.example", "Authorization", "Bearer aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"],
    ...more,
  });
}

function read({ label, revision = 3 }: User): Answered {
  const id = nextId();
  const stored = { id, key: number, revision, createdMs: 0, modifiedMs: 0, body: "{}", label, groups: [] };
  const address = `/scim/v2/Users/${id}`;
  return one({
    url: address,
    responseHeaders: { etag: entityTag(revision), "content-location": HOST + address, "content-type": "x" },
    responseBytes: 1_000 + number,
    happened: { kind: "read", model, stored },
  });
}

function lookedUp({ label, sought = "", revision = 3 }: User, attribute = "userName"): Answered {
  const body = withMeta('{"a":1}', "User", { id: nextId(), revision, createdMs: 0, modifiedMs: 0 });
  return searched(attribute, sought, { type: "User", stored: { key: number, body, label, groups: [] } });
}

function missed(sought: string, attribute = "userName"): Answered {
  return searched(attribute, sought, undefined);
}

function searched(attribute: string, sought: string, only: (Answered["happened"] & { kind: "searched" })["only"]) {
  const filter = `${attribute} eq ${JSON.stringify(sought)}`;
  const total = only === undefined ? 0 : 1;
  return one({
    url: `/scim/v2/Users?filter=${encodeURIComponent(filter)}`,
    responseHeaders: { "content-type": "x" },
    responseBody: only === undefined ? '{"totalResults":0}' : "",
    responseBytes: 18,
    happened: {
      kind: "searched",
      model,
      parameters: { filter, startIndex: 1, sortOrder: "ascending", attributes: [], excludedAttributes: [] },
      total,
      returned: total,
      only,
    },
  });
}

async function start(t: TestContext) {
  const { store } = await startRecorder(t);
  const actors = new Actors();
  const forms = new Forms(actors, store);
  const told = (each: Answered): Exchange => {
    const exchange = exchangeOf(each, actors, store);
    assert.ok(!(exchange instanceof Promise));
    return exchange;
  };
  return {
    told,
    forms,
    learn: (...some: readonly Answered[]) => {
      for (const each of some) {
        told(each);
        forms.learn(each);
      }
    },
  };
}

/** The exchange that a form with its values stands for. */
function filled({ form, values, ...own }: FormedExchange): Exchange {
  const { request, response, ...rest } = form.model;
  const { id, durationUs, split, requestId, responseBytes } = own;
  const headers = formFiller(response.headers, form.marks)(values);
  return {
    ...formFiller(rest, form.marks)(values),
    ...{ id, durationUs, split, requestId, request },
    response: { ...response, headers, bodyBytes: responseBytes },
  };
}

const PLAIN = [
  "Alice Young",
  "Ines Svensson",
  "Zoë O’Brien-Smith",
  "李 小龙",
  "Dr. No (3)",
  "alice@x.example",
  "Robert Key",
];

test("the third of a kind is told by its form, as it would be told by itself", async (t) => {
  const { told, forms, learn } = await start(t);
  const kinds = [
    (label: string, at: number) => read({ label, revision: at + 1 }),
    (label: string, at: number) => lookedUp({ label, sought: `user.${at}@x.example`, revision: 10 * at }),
    (label: string, at: number) => lookedUp({ label, sought: `e-${at}` }, "externalId"),
    (label: string, at: number) => lookedUp({ label, sought: `u${at}@x.example` }, 'emails[type eq "work"].value'),
    (_: string, at: number) => missed(`nobody.${at}@x.example`),
  ];
  for (const make of kinds) learn(make("Bob", 41), make("Carol Doe", 42));
  for (const make of kinds) {
    for (const [at, label] of PLAIN.entries()) {
      const each = make(label, at);
      const formed = forms.fill(each);
      assert.ok(formed !== undefined, `no form for ${each.url}`);
      assert.deepEqual(filled(formed), told(each));
    }
  }
});

test("what is not shown as it is has no form, or the same is told by it", async (t) => {
  const { told, forms, learn } = await start(t);
  const sought = "bob@x.example";
  learn(read({ label: "Bob" }), read({ label: "Carol" }));
  learn(
    lookedUp({ label: "Bob", sought }),
    lookedUp({ label: "Carol", sought: "carol@x.example" }),
    missed("x1@x.example"),
    missed("x2@x.example"),
  );
  const guids = ["2819c223-7f76-453a-919d-413861904646", "a819c223-7f76-453a-919d-413861904646"];
  const secret = `scim_${"a".repeat(40)}`;
  const odd = [
    ...["", " ", "a\u202eb", "line\nfeed", "x".repeat(200), secret, "password=hunter2", "my token", 'say "eq"', "a\\b"],
    ...[
      "true",
      "2026-11-30T10:00:00Z",
      "2026-11-30",
      '{"display":"x"}',
      "eyJhbGciOiJub25lIn0.e30.",
      "%41",
      "a%20b",
      "ключ",
    ],
    ...[
      ...guids,
      "5f0c1d7e-8a1b-4f6e-9d3c-b2a7e4906c15",
      "Qozvuwimkajx",
      "841290736502119",
      "qozvuwimkajy",
      "qozvuwimkajz",
    ],
  ];
  let formed = 0;
  for (const text of odd) {
    for (const each of [
      read({ label: text }),
      lookedUp({ label: text, sought }),
      lookedUp({ label: "Bob", sought: text }),
      missed(text),
    ]) {
      const found = forms.fill(each);
      if (found === undefined) continue;
      formed++;
      assert.deepEqual(filled(found), told(each), each.url);
    }
  }
  assert.ok(formed > 10, `${formed} by their forms`);
});

test("a form is for nothing that differs in more than its values", async (t) => {
  const { told, forms, learn } = await start(t);
  learn(read({ label: "Bob" }), read({ label: "Carol" }));
  const plain = () => read({ label: "Alice" });
  const another = { ...place, credential: { identity: "token 2", label: "Okta token" } };
  told({ ...plain(), place: another });
  assert.ok(forms.fill(plain()) !== undefined);
  const others: Record<string, Partial<Answered>> = {
    method: { method: "HEAD" },
    status: { status: 304 },
    "client address": { clientAddress: "192.0.2.1" },
    "user agent": { userAgent: "agent/2.0" },
    "request headers": { requestHeaders: ["Host", "scim.example", "Authorization", "Bearer b"] },
    "request body": { requestBody: Buffer.from("x") },
    "answer's body": { responseBody: "{}" },
    headers: { responseHeaders: { ...plain().responseHeaders, "x-more": "1" } },
    query: { url: `${plain().url}?attributes=userName` },
    "another's id": { url: plain().url },
    credential: { place: another },
    endpoint: { place: { ...place, endpoint: serveEndpoint({ key: 2, revision: 1, name: "other", settings: {} }) } },
    door: { place: { ...place, isManual: true } },
  };
  for (const [what, more] of Object.entries(others)) {
    assert.equal(forms.fill({ ...plain(), ...more }), undefined, what);
  }
});

test("when it becomes known who sends, nothing goes by the form of before", async (t) => {
  const { told, forms, learn } = await start(t);
  learn(read({ label: "Bob" }), read({ label: "Carol" }));
  const { dialect } = told({ ...read({ label: "Dave" }), url: "/scim/v2/Users?" });
  assert.equal(dialect, "onelogin");
  const later = read({ label: "Alice" });
  assert.equal(forms.fill(later), undefined);
  assert.equal(told(later).dialect, dialect);
  learn(later, read({ label: "Eve" }));
  assert.equal(forms.fill(read({ label: "Frank" }))?.form.model.dialect, dialect);
});

test("what does not fit makes no more forms, and the one that there is stays the first", async (t) => {
  const { forms, learn } = await start(t);
  learn(read({ label: "Bob" }), read({ label: "Carol" }));
  const form = forms.fill(read({ label: "Alice" }))?.form;
  for (let at = 0; at < 50; at++) learn(read({ label: `odd "${at}"` }));
  assert.ok(form !== undefined);
  assert.equal(forms.fill(read({ label: "Alice" }))?.form, form);
});

test("queries that nobody can read are told anew each time", async (t) => {
  const { forms, learn } = await start(t);
  const broken = (each: Answered): Answered => ({ ...each, url: `${each.url}&x=%E0%A4%A` });
  for (const at of [1, 2, 3]) learn(broken(lookedUp({ label: "Bob", sought: `user${at}@x.example` })));
  assert.equal(forms.fill(broken(lookedUp({ label: "Bob", sought: "user4@x.example" }))), undefined);
});

test("a kind of which something must be hidden is never told by a form", async (t) => {
  const { told, forms, learn } = await start(t);
  for (const at of [1, 2, 3, 4]) learn(lookedUp({ label: "Bob", sought: `hunter${at}` }, "password"));
  const each = lookedUp({ label: "Bob", sought: "hunter5" }, "password");
  assert.equal(forms.fill(each), undefined);
  assert.doesNotMatch(JSON.stringify(told(each)), /hunter5/);
});
