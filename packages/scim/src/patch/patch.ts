import type { Reading } from "../dialect/tolerance.ts";
import { type Json, type JsonObject, own } from "../json.ts";
import type { ResourceModel } from "../schema/model.ts";
import { applyPatch } from "./apply.ts";
import type { ChangeSet } from "./change.ts";
import { applyCollectionOperation, noteAbsent } from "./collection.ts";
import { diffResources, objectsOf } from "./diff.ts";
import { setMember } from "./draft.ts";
import { readPatch } from "./message.ts";

/**
 * A whole PATCH on a resource in memory, its collection included.
 * @param resource as stored; it is not changed, and is returned itself when the PATCH changes nothing
 * @param body the PatchOp message (RFC 7644 §3.5.2)
 * @throws ScimError 400; then nothing was done
 */
export function patchResource(
  resource: JsonObject,
  body: Json,
  model: ResourceModel,
  reading: Reading,
): { resource: JsonObject; changes: ChangeSet } {
  const operations = readPatch(body, model, reading);
  const { resource: patched, collectionOperations } = applyPatch(resource, operations, model, reading);
  if (model.collection !== undefined && collectionOperations.length > 0) {
    const { name } = model.collection;
    const before = objectsOf(own(resource, name));
    let wanted = before;
    for (const operation of collectionOperations) {
      const done = applyCollectionOperation(wanted, operation);
      noteAbsent(model.collection.path, operation, done.removed.length, reading);
      wanted = done.values;
    }
    // A value removed and added again within one request has not changed, and is kept as it was.
    const { values } = applyCollectionOperation(before, { kind: "replace", values: wanted });
    if (values !== before) setMember(patched, undefined, name, values.length === 0 ? undefined : [...values]);
  }
  const changes = diffResources(resource, patched, model);
  return { resource: changes.length === 0 ? resource : patched, changes };
}
