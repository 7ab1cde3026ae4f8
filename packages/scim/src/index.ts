export {
  BULK_REQUEST_SCHEMA,
  type BulkFault,
  type BulkLimits,
  type BulkOperation,
  type BulkRequest,
  type BulkResult,
  bulkPayloadTooLarge,
  bulkResponseText,
  readBulk,
} from "./bulk/message.ts";
export { planBulk } from "./bulk/plan.ts";
export {
  collectBulkIds,
  dependenciesOf,
  failedDependency,
  type IdOf,
  substituteBulkIds,
  targetId,
} from "./bulk/references.ts";
export { formatDateTime, parseDateTime } from "./date-time.ts";
export {
  isSecretAttribute,
  SECRET_ATTRIBUTES,
  type SecretAttributes,
  secretAttributes,
} from "./dialect/secret-attributes.ts";
export * from "./dialect/tolerance.ts";
export { evaluateFilter, fold, isCaseExact } from "./filter/evaluate.ts";
export * from "./filter/filter.ts";
export { parseFilter, readFilter } from "./filter/parse.ts";
export { resolveFilter, resolveFilterAcross } from "./filter/resolve.ts";
export * from "./json.ts";
export * from "./message/error.ts";
export * from "./message/etag.ts";
export * from "./message/list-response.ts";
export * from "./message/query.ts";
export * from "./message/reason.ts";
export { CERTAIN_DIGITS, isKeptExactly } from "./number.ts";
export { applyPatch, patchResource } from "./patch/apply.ts";
export * from "./patch/change-set.ts";
export {
  type CollectionOperation,
  noteAbsent,
} from "./patch/collection.ts";
export { PATCH_SCHEMA, type PatchOperation, readPatch } from "./patch/message.ts";
export { parseAttributePath, parsePath } from "./path/parse.ts";
export * from "./path/path.ts";
export { inParameter, resolveAttributePath, resolvePath } from "./path/resolve.ts";
export * from "./projection/projection.ts";
export * from "./schema/attribute.ts";
export {
  checkImmutables,
  completeSchemas,
  keepHiddenImmutables,
  requireStoredAttributes,
  withoutNeverReturned,
} from "./schema/characteristics.ts";
export { resourceTypesOf } from "./schema/definition/resource-types-of.ts";
export { RESOURCE_TYPE_SCHEMA, SCHEMA_SCHEMA, SERVICE_PROVIDER_CONFIG_SCHEMA } from "./schema/discovery.ts";
export * from "./schema/model.ts";
export * from "./schema/representation.ts";
export { readResource } from "./schema/resource.ts";
export * from "./schema/resource-types.ts";
