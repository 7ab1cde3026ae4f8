import { type ChangeSet, diffResources, type JsonObject, type ResourceModel } from "@scimtool/scim";
import type { FoundResource, StoredResource } from "../store/store.ts";
import type { Written } from "./directory.ts";

/** A creation. All that the resource has is a change, which is found out when somebody asks: few do. */
export class Creation implements Written {
  readonly action = "create";
  readonly stored: FoundResource;
  readonly before = undefined;
  readonly after: JsonObject;
  readonly #model: ResourceModel;
  readonly #members: ChangeSet;
  #changes: ChangeSet | undefined;

  /** @param members the change of its collection, if it has members */
  constructor(model: ResourceModel, stored: StoredResource, after: JsonObject, members: ChangeSet) {
    this.stored = { ...stored, groups: [] };
    this.after = after;
    this.#model = model;
    this.#members = members;
  }

  /** What is told of a creation in a sentence: whether the account begins switched off, and the members. */
  get told(): ChangeSet {
    const isInactive = this.after["active"] === false;
    return isInactive ? [{ kind: "attribute", path: "active", after: false }, ...this.#members] : this.#members;
  }

  get changes(): ChangeSet {
    this.#changes ??= [...diffResources({}, this.after, this.#model), ...this.#members];
    return this.#changes;
  }
}
