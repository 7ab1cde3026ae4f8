import { type Json, type JsonObject, PATCH_SCHEMA } from "@scimtool/scim";

/** A PatchOp message (RFC 7644 §3.5.2). */
export function patchMessage(operations: readonly Json[]): JsonObject {
  return { schemas: [PATCH_SCHEMA], Operations: [...operations] };
}
