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

  get changes(): ChangeSet {
    this.#changes ??= [...diffResources({}, this.after, this.#model), ...this.#members];
    return this.#changes;
  }
}
