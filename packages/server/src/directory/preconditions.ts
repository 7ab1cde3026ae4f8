import { entityTag, matchesEntityTag, type ResourceModel } from "@scimtool/scim";
import { versionIsThere, versionMismatch } from "./refusals.ts";

/** What a request demands of the version that a resource has: the headers of these names, as they came. */
export type Preconditions = { readonly ifMatch: string | undefined; readonly ifNoneMatch: string | undefined };

/**
 * Checks what a write demands of the version of a resource that is there, in their order (RFC 9110 §13.2.2).
 * @throws ScimError 412
 */
export function checkPreconditions(
  { ifMatch, ifNoneMatch }: Preconditions,
  model: ResourceModel,
  revision: number,
): void {
  checkIfMatch(ifMatch, model, revision);
  if (ifNoneMatch !== undefined && matchesEntityTag(ifNoneMatch, entityTag(revision))) {
    throw versionIsThere(model, ifNoneMatch, revision);
  }
}

/** @throws ScimError 412 */
export function checkIfMatch(ifMatch: string | undefined, model: ResourceModel, revision: number): void {
  if (ifMatch !== undefined && !matchesEntityTag(ifMatch, entityTag(revision))) {
    throw versionMismatch(model, ifMatch, revision);
  }
}
