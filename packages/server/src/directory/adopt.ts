import { applyPatch, type Json, type JsonObject, PATCH_SCHEMA, readPatch, ScimError } from "@scimtool/scim";
import { checkRevision } from "../endpoint/endpoints.ts";
import { type Directory, NO_ROWS, type Subject } from "./context.ts";
import { insertIn, parseResource } from "./writes.ts";

/** A resource of another database, without its members. */
export type ForeignResource = {
  readonly id: string;
  readonly createdMs: number;
  readonly body: JsonObject;
  /** More attributes, by PATCH path. */
  readonly values: readonly { readonly path: string; readonly value: Json }[];
};

export type Adoption = {
  /** Whether the resource already existed; then it stays unchanged. */
  readonly existed: boolean;
  /** Paths that could not be set, and why. */
  readonly refused: readonly { readonly path: string; readonly detail: string }[];
};

/**
 * Creates a resource with the ID and the time of creation that it had elsewhere.
 * @throws ScimError 400, 409 uniqueness; EndpointChanged
 */
export async function adoptResource(
  { store }: Directory,
  subject: Subject,
  { id, createdMs, body, values }: ForeignResource,
): Promise<Adoption> {
  const { endpoint, model, reading } = subject;
  const parsed = parseResource(body, subject);
  let { resource } = parsed;
  const refused: { path: string; detail: string }[] = [];
  for (const { path, value } of values) {
    try {
      const patch = { schemas: [PATCH_SCHEMA], Operations: [{ op: "replace", path, value }] };
      ({ resource } = applyPatch(resource, readPatch(patch, model, reading), model, reading));
    } catch (error) {
      if (!(error instanceof ScimError)) throw error;
      refused.push({ path, detail: error.detail });
    }
  }
  const existed = await store.transaction(async (transaction) => {
    await checkRevision(store, transaction, endpoint);
    if ((await store.resources.references(transaction, endpoint.key, [id])).has(id)) return true;
    const context = { store, transaction, subject, nowMs: createdMs, include: NO_ROWS };
    const finish = await insertIn(context, id, { ...parsed, resource, ids: [] });
    await finish();
    return false;
  });
  return { existed, refused };
}
