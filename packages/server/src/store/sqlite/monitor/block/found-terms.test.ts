import assert from "node:assert/strict";
import { test } from "node:test";
import type { Exchange } from "../../../exchange.ts";
import type { ExchangeForm, FormedExchange } from "../../../exchange-form.ts";
import { FoundTerms } from "./found-terms.ts";

const MARK = "markedname";
const NO_MESSAGE = { headers: [], body: new Uint8Array(), bodyBytes: 0 };

function told(text: string): Exchange {
  return {
    ...{ id: 1, endpoint: 1, method: "GET", path: "/Users", query: "", status: 200, durationUs: 1, requestId: "" },
    split: { queueUs: 0, databaseUs: 0, durableUs: 0 },
    ...{ clientAddress: "127.0.0.1", userAgent: "agent", credential: undefined, dialect: "clean", severity: "info" },
    ...{ isProbe: false, sentences: [{ kind: "x", text }], resources: [], details: {} },
    ...{ request: NO_MESSAGE, response: NO_MESSAGE },
  };
}

function formed(form: ExchangeForm, name: string): FormedExchange {
  const { id, durationUs, split, requestId } = form.model;
  return { form, values: [name], id, durationUs, split, requestId, responseBytes: 0 };
}

/** Which exchanges have each word. */
function byWord(terms: FoundTerms): Record<string, readonly number[]> {
  const { words, postings } = terms.found();
  const listed = postings.map((posting) => (typeof posting === "number" ? [posting] : posting));
  return Object.fromEntries(words.map((word, at) => [word, listed[at] ?? []]));
}

const READ: ExchangeForm = { model: told(`the user ${MARK} was read`), marks: [MARK] };
const FOUND: ExchangeForm = { model: told(`the user ${MARK} was found`), marks: [MARK] };

/** Two forms that have words in common, also with what is of neither and with their own values. */
function addSome(terms: FoundTerms): void {
  terms.addFormed(formed(READ, "alice"));
  terms.add(told("carol was created"));
  terms.addFormed(formed(FOUND, "bob"));
  terms.addFormed(formed(READ, "user"));
}

test("exchanges of forms are found by what their form has and by what is their own, each once", () => {
  const terms = new FoundTerms();
  addSome(terms);
  const { the, user, was, read, found, alice, bob, carol, created, users } = byWord(terms);
  assert.deepEqual({ the, user, was }, { the: [0, 2, 3], user: [0, 2, 3], was: [0, 1, 2, 3] });
  assert.deepEqual({ read, found, created }, { read: [0, 3], found: [2], created: [1] });
  assert.deepEqual({ alice, bob, carol, users }, { alice: [0], bob: [2], carol: [1], users: [0, 1, 2, 3] });
});

test("nothing is left of the exchanges before, whose room is used again", () => {
  const [used, fresh] = [new FoundTerms(), new FoundTerms()];
  for (let times = 0; times < 5; times++) addSome(used);
  used.found();
  used.clear();
  for (const terms of [used, fresh]) {
    terms.add(told("dave was deleted"));
    terms.addFormed(formed(FOUND, "erin"));
  }
  assert.deepEqual(byWord(used), byWord(fresh));
  assert.deepEqual(byWord(used)["found"], [1]);
});
