import assert from "node:assert/strict";
import { test } from "node:test";
import { type ChangeSet, type Json, type JsonObject, newReading, patchResource } from "@scimtool/scim";
import fc from "fast-check";
import { attributesOf } from "../store/resource-body.ts";
import { GROUP, inDirectory, LOCATIONS, patchOf, type TestDirectory, USER } from "../testing/directory.ts";
import { createResource, getResource, modifyResource } from "./directory.ts";

const RUNS = 150;
const CANDIDATES = 6;

/** The values that `members` may have, as the protocol returns them. */
async function createCandidates(directory: TestDirectory): Promise<JsonObject[]> {
  const candidates: JsonObject[] = [];
  for (let index = 0; index < CANDIDATES; index++) {
    const isGroup = index >= CANDIDATES - 2;
    const display = isGroup ? `Inner ${index}` : `user${index}`;
    const model = isGroup ? GROUP : USER;
    const body: JsonObject = isGroup ? { displayName: display } : { userName: display };
    const { stored } = (await createResource(directory, directory.about(model), body)).written;
    const type = model.type.name;
    candidates.push({ value: stored.id, type, $ref: `${LOCATIONS.get(type)}${stored.id}`, display });
  }
  return candidates;
}

type OperationOf = (candidates: readonly JsonObject[]) => Json;

const someone = fc.nat({ max: CANDIDATES - 1 });
const several = fc.array(someone, { maxLength: 4 });

function chosen(candidates: readonly JsonObject[], indexes: readonly number[]): JsonObject[] {
  return indexes.map((index) => candidates[index]).filter((candidate) => candidate !== undefined);
}

function idOf(candidates: readonly JsonObject[], index: number): string {
  return String(candidates[index]?.["value"]);
}

/** Operations on members, and sometimes on the name. */
const operation: fc.Arbitrary<OperationOf> = fc.oneof(
  several.map(
    (indexes): OperationOf =>
      (all) => ({ op: "add", path: "members", value: chosen(all, indexes) }),
  ),
  several.map(
    (indexes): OperationOf =>
      (all) => ({ op: "add", value: { members: chosen(all, indexes) } }),
  ),
  several.map(
    (indexes): OperationOf =>
      (all) => ({ op: "replace", path: "members", value: chosen(all, indexes) }),
  ),
  several.map(
    (indexes): OperationOf =>
      (all) => ({ op: "remove", path: "members", value: chosen(all, indexes) }),
  ),
  someone.map(
    (index): OperationOf =>
      (all) => ({ op: "remove", path: `members[value eq "${idOf(all, index)}"]` }),
  ),
  fc.tuple(someone, someone).map(
    ([one, two]): OperationOf =>
      (all) => ({
        op: "remove",
        path: `members[value eq "${idOf(all, one)}" or value eq "${idOf(all, two)}"]`,
      }),
  ),
  fc
    .constantFrom(
      'type eq "Group"',
      'type ne "group"',
      'not (type eq "User")',
      '$ref co "/Groups/"',
      'type eq "User" and $ref pr',
    )
    .map(
      (filter): OperationOf =>
        () => ({ op: "remove", path: `members[${filter}]` }),
    ),
  someone.map(
    (index): OperationOf =>
      (all) => ({ op: "remove", path: `members[value ne "${idOf(all, index)}"]` }),
  ),
  fc.constant<OperationOf>(() => ({ op: "remove", path: "members" })),
  fc.constantFrom("A", "a", "B").map(
    (name): OperationOf =>
      () => ({ op: "replace", path: "displayName", value: name }),
  ),
);

/** The part of a change set that clients see: the members, in any order. */
function comparable(changes: ChangeSet): unknown[] {
  return changes.map((change) =>
    change.kind === "attribute"
      ? change
      : { ...change, added: change.added.map(idOfValue).sort(), removed: change.removed.map(idOfValue).sort() },
  );
}

function idOfValue(value: Json | undefined): string {
  return String((value as JsonObject)["value"]);
}

test(
  "any sequence of PATCHes on a group has the same effect on its rows as on the group in memory",
  inDirectory(async (directory) => {
    const candidates = await createCandidates(directory);
    const byId = new Map(candidates.map((candidate) => [String(candidate["value"]), candidate]));
    let groups = 0;
    await fc.assert(
      fc.asyncProperty(
        several,
        fc.array(fc.array(operation, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 5 }),
        async (first, patches) => {
          const name = `Group ${groups++}`;
          const { written } = await createResource(directory, directory.about(GROUP), {
            displayName: name,
            members: chosen(candidates, first),
          });
          const { stored } = written;
          const members = [...new Set(chosen(candidates, first))];
          let model: JsonObject = { ...attributesOf(stored), members };
          let { revision } = stored;
          for (const operations of patches) {
            const body = patchOf(...operations.map((make) => withPrefix(make(candidates) as JsonObject, name)));
            const inMemory = patchResource(model, body, GROUP, newReading("tolerant"));
            const write = { id: stored.id, body, preconditions: undefined };
            const { written: inRows } = await modifyResource(directory, directory.about(GROUP), write);
            assert.deepEqual(comparable(inRows.changes), comparable(inMemory.changes));
            if (inMemory.changes.length > 0) revision++;
            assert.equal(inRows.stored.revision, revision);

            const view = await getResource(directory, directory.about(GROUP), stored.id, {
              groups: false,
              members: true,
            });
            assert.equal(view.revision, revision);
            const { members: kept = [], ...rest } = inMemory.resource;
            const ids = (kept as Json[]).map(idOfValue);
            assert.deepEqual(attributesOf(view), rest);
            assert.deepEqual((view.members ?? []).map(({ id }) => id).sort(), ids.toSorted());
            // A client that reads the group and sends it back sees complete values.
            model = { ...rest, members: ids.map((id) => byId.get(id) ?? null) };
          }
        },
      ),
      { numRuns: RUNS },
    );
  }),
);

/** Names must be unique among all groups of this test. */
function withPrefix(made: JsonObject, prefix: string): JsonObject {
  return made["path"] === "displayName" ? { ...made, value: `${prefix} ${made["value"]}` } : made;
}
