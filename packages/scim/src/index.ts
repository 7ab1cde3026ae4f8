export * from "./bulk/operation.ts";
export { planBulk } from "./bulk/plan.ts";
export {
  BULK_REQUEST_SCHEMA,
  type BulkLimits,
  type BulkRequest,
  bulkPayloadTooLarge,
  readBulk,
} from "./bulk/read.ts";
export {
  collectBulkIds,
  dependenciesOf,
  failedDependency,
  type IdOf,
  substituteBulkIds,
  targetId,
} from "./bulk/references.ts";
export { BULK_RESPONSE_SCHEMA, type BulkResult, bulkResponseText } from "./bulk/response.ts";
export * from "./dialect/tolerance.ts";
export * from "./filter/ast.ts";
export { compareCodePoints, fold, isCaseExact } from "./filter/compare.ts";
export { conditionsIn } from "./filter/conditions.ts";
export { parseDateTime } from "./filter/date-time.ts";
export { evaluateFilter, evaluateValueFilter } from "./filter/evaluate.ts";
export { parseFilter } from "./filter/parse.ts";
export { printFilter } from "./filter/print.ts";
export { readFilter } from "./filter/read.ts";
export { resolveFilter } from "./filter/resolve.ts";
export { resolveFilterAcross } from "./filter/resolve-across.ts";
export * from "./json.ts";
export { expiredCursor, invalidCount, invalidCursor } from "./message/cursor.ts";
export * from "./message/error.ts";
export * from "./message/etag.ts";
export * from "./message/list-response.ts";
export * from "./message/query.ts";
export * from "./message/reason.ts";
export { formatDateTime } from "./message/timestamp.ts";
export { CERTAIN_DIGITS, isKeptExactly } from "./number.ts";
export { applyPatch } from "./patch/apply.ts";
export { applyChanges, invertChanges } from "./patch/apply-changes.ts";
export * from "./patch/change.ts";
export * from "./patch/collection.ts";
export { diffResources } from "./patch/diff.ts";
export { MAX_PATCH_OPERATIONS, PATCH_SCHEMA, readPatch } from "./patch/message.ts";
export type { PatchOperation } from "./patch/operation.ts";
export { patchResource } from "./patch/patch.ts";
export * from "./path/attribute-path.ts";
export { parseAttributePath, parsePath } from "./path/parse.ts";
export * from "./path/path.ts";
export { printAttributePath, printPath } from "./path/print.ts";
export { resolveAttributePath, resolvePath } from "./path/resolve.ts";
export * from "./projection/projection.ts";
export { withWritten, writtenByPatch, writtenByResource } from "./projection/written.ts";
export * from "./schema/attribute.ts";
export { readResourceType } from "./schema/definition/read-resource-type.ts";
export { readSchema } from "./schema/definition/read-schema.ts";
export { type Definition, resourceTypesOf } from "./schema/definition/resource-types-of.ts";
export { RESOURCE_TYPE_SCHEMA, SCHEMA_SCHEMA, SERVICE_PROVIDER_CONFIG_SCHEMA } from "./schema/discovery.ts";
export { checkImmutables, keepHiddenImmutables } from "./schema/immutable.ts";
export * from "./schema/model.ts";
export { withoutNeverReturned } from "./schema/never-returned.ts";
export { type ReferenceAttribute, referenceAttributes } from "./schema/references.ts";
export * from "./schema/representation.ts";
export { requireAttributes, requireStoredAttributes } from "./schema/required.ts";
export * from "./schema/resource.ts";
export * from "./schema/resource-types.ts";
export { uniqueAttributes } from "./schema/unique.ts";
