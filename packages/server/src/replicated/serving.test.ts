import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { Authenticator } from "../auth/authenticator.ts";
import { Unavailable } from "../backup/backup.ts";
import { Endpoints } from "../endpoint/endpoints.ts";
import { serveEndpoint } from "../endpoint/served-endpoint.ts";
import type { Served } from "../http/serving.ts";
import { type PausableStore, ReplicatedServing } from "./serving.ts";

const endpoints = new Endpoints([serveEndpoint({ key: 1, revision: 1, name: "default", settings: {} })]);
const served = { endpoints, authenticator: new Authenticator({ credentials: [], trusts: [] }) } as Served;
const letIn = async () => undefined;

/** Serves a store that only counts how often it is opened and closed. */
function newServing(
  promote: () => Promise<void> = async () => undefined,
  serve = async () => served,
  prepare = async (): Promise<void> => undefined,
) {
  const counts = { opened: 0, closed: 0, paused: 0, serving: 0 };
  const store = {
    close: async () => {
      counts.closed++;
    },
    pauseWrites: async () => {
      counts.paused++;
      return () => undefined;
    },
  } as unknown as PausableStore;
  const serving = new ReplicatedServing({
    promote,
    role: () => "fenced",
    prepare,
    openStore: () => {
      counts.opened++;
      return store;
    },
    serve,
    onServing: () => counts.serving++,
    log: () => undefined,
  });
  serving.expect(served);
  serving.standBy();
  return { serving, counts };
}

test("a request waits for 5 s at most; the promotion continues, and serves later ones", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { promise, resolve } = Promise.withResolvers<void>();
  const { serving, counts } = newServing(() => promise);
  const waiting = assert.rejects(serving.admit(letIn), (error) => {
    return error instanceof Unavailable && /still taking over/.test(error.message) && error.retryAfterMs > 0;
  });
  await turn();
  t.mock.timers.tick(4_999);
  await turn();
  const second = serving.admit(letIn);
  t.mock.timers.tick(2);
  await waiting;
  resolve();
  assert.equal(await second, served);
  assert.deepEqual([serving.current, counts.opened], [served, 1]);
});

test("a demotion while the database is being opened closes it, and nobody is served by it", async () => {
  const { promise, resolve } = Promise.withResolvers<Served>();
  const { serving, counts } = newServing(undefined, () => promise);
  const waiting = assert.rejects(serving.admit(letIn), Unavailable);
  await turn();
  assert.equal(counts.opened, 1);
  const demoted = serving.demoted("fenced");
  await turn();
  assert.equal(counts.closed, 0);
  resolve(served);
  await demoted;
  await waiting;
  assert.deepEqual([serving.current, counts.closed, counts.serving], [undefined, 1, 0]);
  assert.equal(serving.readiness(), "fenced");
});

test("a server that shuts down does not become the primary, even if that had begun", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { serving, counts } = newServing(() => promise);
  const waiting = assert.rejects(serving.admit(letIn), /shutting down/);
  await turn();
  serving.drain();
  resolve();
  await waiting;
  await assert.rejects(serving.promote(), /shutting down/);
  await serving.close();
  assert.deepEqual([counts.opened, serving.readiness()], [0, "shutting down"]);
});

test("a primary that is replaced while it prepares does not open the database", async () => {
  const { promise: prepared, resolve: finish } = Promise.withResolvers<void>();
  const { serving, counts } = newServing(undefined, undefined, () => prepared);
  const refused = assert.rejects(serving.admit(letIn), Unavailable);
  await turn();
  const demoted = serving.demoted("fenced");
  finish();
  await Promise.all([refused, demoted]);
  assert.equal(counts.opened, 0);
});

test("a database that could not be prepared is not opened", async () => {
  const { serving, counts } = newServing(undefined, undefined, () => Promise.reject(new Unavailable("away", 5_000)));
  await assert.rejects(serving.admit(letIn), /away/);
  assert.equal(counts.opened, 0);
});
