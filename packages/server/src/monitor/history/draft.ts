import {
  applyChanges,
  type Change,
  type ChangeSet,
  invertChanges,
  type JsonObject,
  own,
  type ResourceModel,
} from "@scimtool/scim";
import { attributesOf } from "../../store/resource-body.ts";
import type { FoundResource } from "../../store/store.ts";

/**
 * A resource on its way back through its versions. The values of its collection are held by their id: a group that grew
 * to 100,000 members one by one has as many versions, and each must cost the same.
 */
export class Draft {
  readonly #model: ResourceModel;
  readonly #values = new Map<string, JsonObject>();
  #attributes: JsonObject;

  /** @param found as it is now, with its members; undefined for one that is not there */
  constructor(model: ResourceModel, found: FoundResource | undefined) {
    this.#model = model;
    this.#attributes = found === undefined ? {} : attributesOf(found);
    for (const { id, type, label } of found?.members ?? []) this.#values.set(id, { value: id, type, display: label });
  }

  /** Goes back behind the write that did this. */
  takeBack(changes: ChangeSet): void {
    const others = changes.filter((change) => !this.#isHeld(change));
    this.#attributes = applyChanges(invertChanges(others), this.#attributes, this.#model);
    for (const change of changes) {
      if (change.kind !== "collection" || !this.#isHeld(change)) continue;
      for (const value of change.added) this.#values.delete(idOf(value));
      for (const value of change.removed) this.#values.set(idOf(value), value);
    }
  }

  /** Nothing but its names: what there is before a resource is created. */
  get isEmpty(): boolean {
    return (
      this.#values.size === 0 && Object.keys(this.#attributes).every((name) => name === "schemas" || name === "id")
    );
  }

  /** As it is kept, and its members. */
  resource(id: string): JsonObject {
    const { schemas = [this.#model.type.schema.id], id: _, ...attributes } = this.#attributes;
    const { collection } = this.#model;
    const values =
      collection === undefined || this.#values.size === 0 ? {} : { [collection.name]: this.#shownValues() };
    return { schemas, id, ...attributes, ...values };
  }

  /** What no resource had the id of is its id alone. */
  #shownValues(): JsonObject[] {
    return [...this.#values.values()].map((value) => (own(value, "type") === "" ? { value: idOf(value) } : value));
  }

  #isHeld({ kind, path }: Change): boolean {
    return kind === "collection" && path === this.#model.collection?.path;
  }
}

function idOf(value: JsonObject): string {
  return String(own(value, "value"));
}
