import assert from "node:assert/strict";
import { test } from "node:test";
import { inDirectory, USER } from "../testing/directory.ts";
import { refusal } from "../testing/directory-actions.ts";
import { changeEndpoint, createEndpoint, deleteEndpoint } from "./administration.ts";
import { checkRevision, EndpointChanged, Endpoints, loadEndpoints, withCurrentEndpoint } from "./endpoints.ts";
import type { ServedEndpoint } from "./served-endpoint.ts";

test(
  "a write is repeated with the endpoint's current settings, a limited number of times",
  inDirectory(async (directory) => {
    const { store } = directory;
    const { endpoint } = directory.about(USER);
    const endpoints = new Endpoints([endpoint]);
    const seen: number[] = [];
    const write = (current: ServedEndpoint) =>
      store.transaction(async (transaction) => {
        seen.push(current.revision);
        await checkRevision(store, transaction, current);
        return current;
      });
    assert.equal(await withCurrentEndpoint({ store, endpoints }, endpoint, write), endpoint);
    // Another process, so ours is not notified.
    const elsewhere = { ...directory, endpoints: new Endpoints([]) };
    const change = () => changeEndpoint(elsewhere, "default", { settings: { requireEtag: true } });
    await change();
    const now = await withCurrentEndpoint({ store, endpoints }, endpoint, write);
    assert.deepEqual([now.settings.requireEtag, endpoints.default, seen], [true, now, [1, 1, 2]]);

    let tries = 0;
    const overtaken = withCurrentEndpoint({ store, endpoints }, now, async (current) => {
      tries++;
      await change();
      return write(current);
    });
    await assert.rejects(overtaken, EndpointChanged);
    assert.ok(tries > 1 && tries < 20);
  }),
);

test(
  "a write to a deleted endpoint fails, even if another one has its name now",
  inDirectory(async (directory) => {
    const { store } = directory;
    const endpoints = new Endpoints(await loadEndpoints(store));
    const office = { ...directory, endpoints };
    await createEndpoint(office, "other", {});
    const other = endpoints.get("other");
    assert.ok(other);
    await (await deleteEndpoint(office, "other")).removed;
    await createEndpoint(office, "other", {});
    const write = (current: ServedEndpoint) =>
      store.transaction((transaction) => checkRevision(store, transaction, current));
    await assert.rejects(
      withCurrentEndpoint(office, other, write),
      refusal(404, undefined, /"other" was deleted during this request/),
    );
  }),
);

test(
  "the newest load is served, in whatever order loads end; unchanged endpoints stay the same object",
  inDirectory(async (directory) => {
    const { store } = directory;
    const { endpoint } = directory.about(USER);
    const endpoints = new Endpoints([endpoint]);
    await endpoints.reload(store);
    assert.equal(endpoints.default, endpoint);
    const held = Promise.withResolvers<void>();
    const list: typeof store.endpoints.list = async (scope) => {
      const listed = await store.endpoints.list(scope);
      await held.promise;
      return listed;
    };
    const slow = endpoints.reload({ ...store, endpoints: { ...store.endpoints, list } });
    const change = { settings: { requireEtag: true } };
    await changeEndpoint({ ...directory, endpoints }, "default", change);
    held.resolve();
    await slow;
    assert.equal(endpoints.default.settings.requireEtag, true);
  }),
);
