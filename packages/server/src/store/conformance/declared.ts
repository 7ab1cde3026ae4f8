import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type AttributeNode,
  type JsonObject,
  type ResourceModel,
  resourceModel,
  resourceTypesOf,
} from "@scimtool/scim";
import { attributesOf } from "../resource-body.ts";
import { type StoredResource, UniquenessConflict, UnknownMembers } from "../store.ts";
import {
  ENTERPRISE,
  find,
  GROUP,
  get,
  idsOf,
  insert,
  insertGroup,
  insertUser,
  inWorld,
  membersOf,
  namesOf,
  type OpenStore,
  readMembersFilter,
  remove,
  START_MS,
  USER,
  update,
  type World,
} from "./world.ts";

const DEVICE_SCHEMA = "urn:example:params:scim:schemas:Device";

/** The differences between the declared resource types. */
type Declared = {
  readonly name: "Device" | "Vehicle";
  readonly serialNumber: JsonObject;
  readonly tags: JsonObject;
  readonly boughtAt: JsonObject;
  readonly indexed: readonly string[];
};

/** A resource type as an endpoint may declare it. */
function declaredModel({ name, serialNumber, tags, boughtAt, indexed }: Declared): ResourceModel {
  const attributes = [
    { name: "displayName", type: "string" },
    { name: "serialNumber", type: "string", ...serialNumber },
    { name: "cores", type: "integer" },
    { name: "boughtAt", ...boughtAt },
    { name: "macs", type: "string", multiValued: true },
    { name: "tags", type: "string", multiValued: true, caseExact: true, ...tags },
  ];
  const schemaExtensions = [{ schema: ENTERPRISE, required: false }];
  const [declared] = resourceTypesOf({
    schemas: [{ id: DEVICE_SCHEMA, name: "Device", attributes }],
    resourceTypes: [{ name, endpoint: `/${name}s`, schema: DEVICE_SCHEMA, schemaExtensions }],
  }).slice(2);
  if (declared === undefined) throw new Error("there is no third resource type");
  return resourceModel({ ...declared, indexed });
}

const EXACT = { caseExact: true };
const ONCE = { uniqueness: "server" };
const DEVICE: Declared = { name: "Device", serialNumber: EXACT, tags: {}, boughtAt: { type: "dateTime" }, indexed: [] };
const SEARCHED = { ...DEVICE, indexed: ["serialNumber", "cores", "boughtAt", "macs"] };

const PLAIN = declaredModel(DEVICE);
/** Unique only in `tags`. */
const TAGGED = declaredModel({ ...DEVICE, tags: ONCE });
const UNIQUE = declaredModel({ ...DEVICE, serialNumber: { ...EXACT, ...ONCE }, tags: ONCE });
const UNIQUE_VEHICLE = declaredModel({ ...DEVICE, name: "Vehicle", serialNumber: { ...EXACT, ...ONCE } });
/** Unique, ignoring letter case. */
const UNIQUE_FOLDED = declaredModel({ ...DEVICE, serialNumber: ONCE, tags: ONCE });
const INDEXED = declaredModel(SEARCHED);
const INDEXED_VEHICLE = declaredModel({ ...SEARCHED, name: "Vehicle" });
const INDEXED_TEXT = declaredModel({ ...SEARCHED, boughtAt: { type: "string" } });
/** Indexed only by `cores`. */
const INDEXED_CORES = declaredModel({ ...DEVICE, indexed: ["cores"] });

type Attributes = Parameters<typeof insert>[3];

function insertDevice(world: World, model: ResourceModel, attributes: Attributes, endpoint = world.endpoint) {
  return world.store.transaction((transaction) => insert(world, transaction, model, attributes, { endpoint }));
}

/** Ways to have the value of a Device's `serialNumber` elsewhere, which must not conflict. */
function elsewhere(world: World, value: string): (() => Promise<StoredResource>)[] {
  return [
    () => insertDevice(world, UNIQUE, { tags: [value] }),
    () => insertDevice(world, UNIQUE_VEHICLE, { serialNumber: value }),
    () => insertDevice(world, UNIQUE, { serialNumber: value }, world.otherEndpoint),
  ];
}

function reindex({ store, endpoint }: World, before: ResourceModel, after: ResourceModel): Promise<void> {
  return store.transaction((transaction) => store.resources.reindex(transaction, endpoint, [before], [after]));
}

function conflict(attribute: string, value: string): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof UniquenessConflict, String(error));
    assert.deepEqual([error.attribute, error.value], [attribute, value]);
    return true;
  };
}

const MANAGER = USER.extensions
  .get(ENTERPRISE.toLowerCase())
  ?.attributes.get("manager")
  ?.children.get("value") as AttributeNode;

export function declaredConformance(openStore: OpenStore): void {
  describe("attributes that are declared unique", () => {
    test(
      "prevent equal values of another resource of the type, also by an update, and of no other attribute, type or endpoint",
      inWorld(openStore, async (world) => {
        const { store, endpoint, otherEndpoint } = world;
        const first = await insertDevice(world, UNIQUE, { displayName: "a", serialNumber: "A1" });
        const second = await insertDevice(world, UNIQUE, { displayName: "b", serialNumber: "a1" });
        await assert.rejects(insertDevice(world, UNIQUE, { serialNumber: "A1" }), conflict("serialNumber", "A1"));
        await assert.rejects(update(world, UNIQUE, second, { serialNumber: "A1" }), conflict("serialNumber", "A1"));
        await insertUser(world, { userName: "A1" });
        const others: StoredResource[] = [];
        for (const insertOther of elsewhere(world, "A1")) others.push(await insertOther());
        const found: unknown[] = [];
        for (const [key, model, attribute] of [
          [endpoint, UNIQUE, "tags"],
          [endpoint, UNIQUE_VEHICLE, "serialNumber"],
          [otherEndpoint, UNIQUE, "serialNumber"],
        ] as const) {
          found.push((await store.resources.holderOf(store.committed, key, model, attribute, "A1"))?.id);
        }
        assert.deepEqual(found, idsOf(others));
        const holder = await store.resources.holderOf(store.committed, endpoint, UNIQUE, "serialNumber", "A1");
        assert.deepEqual(holder, { id: first.id, type: "Device", label: "a" });
      }),
    );

    test(
      "free a value with its resource, or when that gets another, and no others",
      inWorld(openStore, async (world) => {
        const others = elsewhere(world, "A1");
        for (const insertOther of others) await insertOther();
        const first = await insertDevice(world, UNIQUE, { serialNumber: "A1" });
        const changed = await update(world, UNIQUE, first, { serialNumber: "A2" });
        const second = await insertDevice(world, UNIQUE, { serialNumber: "A1" });
        await remove(world, UNIQUE, second);
        await insertDevice(world, UNIQUE, { serialNumber: "A1" });
        await update(world, UNIQUE, changed, { serialNumber: "A2", displayName: "same value" });
        for (const insertOther of others) await assert.rejects(insertOther(), UniquenessConflict);
      }),
    );

    test(
      "are found by an equality",
      inWorld(openStore, async (world) => {
        await insertDevice(world, UNIQUE, { displayName: "a", serialNumber: "A1" });
        await insertDevice(world, UNIQUE, { displayName: "b", serialNumber: "B1" });
        assert.deepEqual(namesOf(await find(world, UNIQUE, { filter: 'serialNumber eq "A1"' })), ["a"]);
        assert.deepEqual(namesOf(await find(world, UNIQUE, { filter: 'serialNumber sw "B"' })), ["b"]);
      }),
    );

    test(
      "may become unique unless two resources share a value, and stop being unique, without effect on others",
      inWorld(openStore, async (world) => {
        const others = elsewhere(world, "A1");
        for (const insertOther of others) await insertOther();
        const first = await insertDevice(world, TAGGED, { serialNumber: "A1" });
        await insertDevice(world, TAGGED, { serialNumber: "A1" });
        await assert.rejects(reindex(world, TAGGED, UNIQUE), conflict("serialNumber", "A1"));
        await update(world, TAGGED, first, { serialNumber: "B1" });
        await reindex(world, TAGGED, UNIQUE);
        await assert.rejects(insertDevice(world, UNIQUE, { serialNumber: "B1" }), conflict("serialNumber", "B1"));
        await reindex(world, UNIQUE, TAGGED);
        await reindex(world, TAGGED, UNIQUE);
        await reindex(world, UNIQUE, TAGGED);
        await insertDevice(world, TAGGED, { serialNumber: "B1" });
        for (const insertOther of others) await assert.rejects(insertOther(), UniquenessConflict);
      }),
    );

    test(
      "may have a value twice in one resource, and are compared again if letter case no longer matters",
      inWorld(openStore, async (world) => {
        await insertDevice(world, PLAIN, { serialNumber: "A1", tags: ["T1", "T1"] });
        const second = await insertDevice(world, PLAIN, { serialNumber: "a1", tags: ["t1"] });
        await reindex(world, PLAIN, UNIQUE);
        await assert.rejects(insertDevice(world, UNIQUE, { tags: ["T2", "T1"] }), conflict("tags", "T1"));
        await assert.rejects(reindex(world, UNIQUE, UNIQUE_FOLDED), conflict("serialNumber", "a1"));
        await update(world, UNIQUE, second, { serialNumber: "B1" });
        await reindex(world, UNIQUE, UNIQUE_FOLDED);
        await assert.rejects(insertDevice(world, UNIQUE_FOLDED, { serialNumber: "b1" }), UniquenessConflict);
      }),
    );
  });

  describe("attributes that are declared indexed", () => {
    const FILTERS: readonly string[] = [
      'serialNumber eq "A1"',
      'serialNumber eq "a1"',
      'serialNumber sw "A"',
      'serialNumber gt "A1"',
      "cores eq 8",
      "cores ge 8",
      "cores lt 8",
      'boughtAt eq "2026-03-01T01:00:00+01:00"',
      'boughtAt gt "2026-02-28T23:59:59Z"',
      'macs eq "B"',
      'macs sw "b"',
      'cores eq 8 and not (serialNumber eq "A1")',
      'serialNumber ne "A1"',
      "serialNumber pr",
    ];

    test(
      "are found as before, with and without the index",
      inWorld(openStore, async (world) => {
        const bought = { boughtAt: "2026-03-01T00:00:00Z" };
        await insertDevice(world, PLAIN, { displayName: "a", serialNumber: "A1", cores: 8, ...bought });
        await insertDevice(world, PLAIN, { displayName: "b", serialNumber: "a1", cores: 12, macs: ["a", "b"] });
        await insertDevice(world, PLAIN, { displayName: "c" });
        const plain = new Map<string, unknown[]>();
        for (const filter of FILTERS) plain.set(filter, namesOf(await find(world, PLAIN, { filter })));
        assert.ok([...plain.values()].filter((names) => names.length > 0).length > 8);
        const elsewhere = { filter: 'serialNumber eq "A1"', endpoint: world.otherEndpoint };
        await insertDevice(world, INDEXED, { displayName: "e", serialNumber: "A1" }, elsewhere.endpoint);
        await insertDevice(world, INDEXED_VEHICLE, { displayName: "v", serialNumber: "A1" });
        await reindex(world, PLAIN, INDEXED);
        for (const filter of FILTERS) {
          assert.deepEqual(namesOf(await find(world, INDEXED, { filter })), plain.get(filter), filter);
        }
        const d = await insertDevice(world, INDEXED, { displayName: "d", serialNumber: "A1", cores: 8 });
        assert.deepEqual(namesOf(await find(world, INDEXED, { filter: 'serialNumber eq "A1"' })), ["a", "d"]);
        await update(world, INDEXED, d, { displayName: "d", cores: 9 });
        assert.deepEqual(namesOf(await find(world, INDEXED, { filter: 'serialNumber eq "A1"' })), ["a"]);
        assert.deepEqual(namesOf(await find(world, INDEXED, { filter: "cores eq 9" })), ["d"]);
        await reindex(world, INDEXED, INDEXED_CORES);
        assert.deepEqual(namesOf(await find(world, INDEXED_CORES, { filter: "cores eq 9" })), ["d"]);
        assert.deepEqual(namesOf(await find(world, INDEXED, elsewhere)), ["e"]);
        assert.deepEqual(namesOf(await find(world, INDEXED_VEHICLE, { filter: elsewhere.filter })), ["v"]);
        await reindex(world, INDEXED_CORES, INDEXED);
        await reindex(world, INDEXED, PLAIN);
        assert.deepEqual(namesOf(await find(world, PLAIN, { filter: "cores eq 9" })), ["d"]);
      }),
    );

    test(
      "are indexed again if their type changes",
      inWorld(openStore, async (world) => {
        await insertDevice(world, INDEXED_TEXT, { displayName: "a", boughtAt: "2026-03-01T00:00:00Z" });
        await reindex(world, INDEXED_TEXT, INDEXED);
        const filter = 'boughtAt eq "2026-03-01T01:00:00+01:00"';
        assert.deepEqual(namesOf(await find(world, INDEXED, { filter })), ["a"]);
      }),
    );
  });

  describe("members that are not resources", () => {
    test(
      "are kept as IDs if requested, found only by their group, and removed with it",
      inWorld(openStore, async (world) => {
        const { store, endpoint } = world;
        const anna = await insertUser(world, { userName: "anna" });
        const group = await insertGroup(world, "Guides", [anna]);
        const other = await insertGroup(world, "Drivers");
        const add = (key: number, ids: readonly string[], dangling: "keep" | "refuse") =>
          store.transaction((transaction) => store.members.add(transaction, endpoint, GROUP, key, ids, dangling));
        await assert.rejects(add(group.key, ["nobody"], "refuse"), UnknownMembers);
        const nobody = { id: "nobody", type: "", label: "nobody" };
        assert.deepEqual(await add(group.key, ["nobody", anna.id], "keep"), [nobody]);
        assert.deepEqual(await add(group.key, ["nobody"], "keep"), []);
        assert.deepEqual(await add(group.key, ["nobody"], "refuse"), []);
        await assert.rejects(add(other.key, [anna.id, "nobody"], "refuse"), UnknownMembers);
        assert.deepEqual(await add(other.key, ["nobody"], "keep"), [nobody]);
        assert.deepEqual((await membersOf(world, group)).map(({ id }) => id).sort(), [anna.id, "nobody"].sort());
        for (const model of [USER, GROUP]) assert.equal(await get(world, model, "nobody"), undefined);
        assert.equal((await find(world, USER)).total, 1);
        const found = await find(world, GROUP, { filter: 'members.value eq "nobody"' });
        assert.deepEqual(namesOf(found), ["Guides", "Drivers"]);
        const stranger = { id: "stranger", type: "", label: "stranger" };
        assert.deepEqual(await add(group.key, ["stranger"], "keep"), [stranger]);
        assert.equal((await store.resources.references(store.committed, endpoint, ["nobody", "stranger"])).size, 0);
        const filter = readMembersFilter('value eq "nobody" or value eq "stranger"');
        const gone = await store.transaction((transaction) =>
          store.members.removeWhere(transaction, endpoint, group.key, filter, {
            locations: new Map(),
            maxMs: 10_000,
          }),
        );
        assert.deepEqual(gone, [nobody, stranger]);
        assert.deepEqual(
          (await membersOf(world, other)).map(({ id }) => id),
          ["nobody"],
        );
        await remove(world, GROUP, other);
        for (const id of ["nobody", "stranger"]) {
          await insertUser(world, { userName: `now there: ${id}` }, { id });
          assert.equal((await get(world, USER, id))?.id, id);
        }
      }),
    );

    test(
      "may also be of a type that the group does not accept",
      inWorld(openStore, async (world) => {
        const { store, endpoint } = world;
        const device = await insertDevice(world, PLAIN, { serialNumber: "A1" });
        const group = await insertGroup(world, "Guides");
        for (const dangling of ["keep", "refuse"] as const) {
          await assert.rejects(
            store.transaction((transaction) =>
              store.members.add(transaction, endpoint, GROUP, group.key, [device.id], dangling),
            ),
            UnknownMembers,
          );
        }
        assert.deepEqual(await membersOf(world, group), []);
      }),
    );
  });

  describe("references", () => {
    test(
      "are looked up by ID, of any type, in their endpoint",
      inWorld(openStore, async (world) => {
        const { store, endpoint, otherEndpoint } = world;
        const anna = await insertUser(world, { userName: "anna" });
        const group = await insertGroup(world, "Guides");
        const ids = [anna.id, group.id, "nobody"];
        assert.deepEqual(
          [...(await store.resources.references(store.committed, endpoint, ids)).values()],
          [
            { id: anna.id, type: "User", label: "anna" },
            { id: group.id, type: "Group", label: "Guides" },
          ],
        );
        assert.equal((await store.resources.references(store.committed, otherEndpoint, ids)).size, 0);
      }),
    );

    test(
      "are found from the referenced resource, and a body is rewritten without a new version",
      inWorld(openStore, async (world) => {
        const { store, endpoint, otherEndpoint } = world;
        const managed = (userName: string) => ({ userName, [ENTERPRISE]: { manager: { value: "boss" } } });
        const anna = await insertUser(world, managed("anna"));
        const berta = await insertUser(world, { userName: "berta", emails: [{ value: "boss" }] });
        await insertDevice(world, PLAIN, { [ENTERPRISE]: { manager: { value: "boss" } } });
        await insertUser(world, managed("elsewhere"), { endpoint: otherEndpoint });
        const referrers = (id: string) => store.resources.referrers(store.committed, endpoint, USER, MANAGER, id);
        assert.deepEqual(
          (await referrers("boss")).map(({ id }) => id),
          [anna.id],
        );
        assert.deepEqual(await referrers("Boss"), []);
        const { body } = anna;
        const json = JSON.stringify({ ...attributesOf(anna), userName: "anna b." });
        const rewritten = await store.transaction((transaction) =>
          store.resources.rewrite(transaction, endpoint, USER, anna, json),
        );
        assert.deepEqual(rewritten, { ...anna, body: body.replace('"anna"', '"anna b."') });
        assert.deepEqual(await get(world, USER, anna.id), { ...rewritten, groups: [] });
        assert.equal((await get(world, USER, berta.id))?.body, berta.body);
      }),
    );
  });

  describe("an endpoint's population", () => {
    test(
      "counts each type with resources, and an empty endpoint can be removed with its credentials",
      inWorld(openStore, async (world) => {
        const { store, otherEndpoint } = world;
        const there = { endpoint: otherEndpoint };
        await insertUser(world, { userName: "anna" });
        const user = await insertUser(world, { userName: "anna" }, there);
        await insertGroup(world, "Guides", [], there);
        const population = async () =>
          Object.fromEntries(await store.endpoints.population(store.committed, otherEndpoint));
        assert.deepEqual(await population(), { User: 1, Group: 1 });
        await remove({ ...world, endpoint: otherEndpoint }, USER, user);
        assert.deepEqual(await population(), { Group: 1 });
        const [group] = (await find(world, GROUP, there)).resources;
        assert.ok(group);
        await remove({ ...world, endpoint: otherEndpoint }, GROUP, group);
        const slot = { purpose: "provisioning", label: "token", scopes: ["read"] } as const;
        await store.transaction(async (transaction) => {
          for (const [secretHash, endpoint] of Object.entries({ here: world.endpoint, there: otherEndpoint })) {
            await store.credentials.put(transaction, { ...slot, endpoint, secretHash }, START_MS);
          }
        });
        await store.transaction((transaction) => store.endpoints.remove(transaction, otherEndpoint));
        assert.deepEqual(
          (await store.credentials.list(store.committed)).map(({ secretHash }) => secretHash),
          ["here"],
        );
        assert.deepEqual(
          (await store.endpoints.list(store.committed)).map(({ name }) => name),
          ["default"],
        );
      }),
    );
  });
}
