import {
  type AttributeNode,
  badRequest,
  parseAttributePath,
  parseFilter,
  type QueryParameters,
  resolveAttributePath,
  resolveFilter,
} from "@scimtool/scim";
import type { Query, Wanted } from "../store/store.ts";
import type { Subject } from "./directory.ts";

/** Resources of a page unless the client asks for another number, or the endpoint allows fewer. */
export const DEFAULT_PAGE_SIZE = 100;

/**
 * Turns a query's parameters into a query of the store.
 * @throws ScimError 400 invalidFilter, invalidPath
 */
export function readQuery(parameters: QueryParameters, subject: Subject, wanted: Wanted): Query {
  const { model, reading, locations, endpoint } = subject;
  return {
    filter:
      parameters.filter === undefined
        ? undefined
        : resolveFilter(parseFilter(parameters.filter, reading), model, reading),
    sort:
      parameters.sortBy === undefined
        ? undefined
        : {
            attribute: readSortBy(parameters.sortBy, subject),
            descending: parameters.sortOrder === "descending",
          },
    offset: parameters.startIndex - 1,
    limit: Math.min(parameters.count ?? DEFAULT_PAGE_SIZE, endpoint.settings.limits.maxPageSize),
    ...wanted,
    locations,
  };
}

/** A complex attribute is sorted by its `value`; without one, a sub-attribute must be named (RFC 7644 §3.4.2.3). */
function readSortBy(sortBy: string, { model, reading }: Subject): AttributeNode {
  const named = resolveAttributePath(parseAttributePath(sortBy), model, reading);
  if (named === undefined) {
    throw badRequest("invalidPath", `sortBy: ${model.type.name} has no attribute "${sortBy.slice(0, 120)}".`);
  }
  const attribute = named.type === "complex" ? named.children.get("value") : named;
  if (attribute === undefined) {
    const [example] = named.children.values();
    throw badRequest(
      "invalidPath",
      `sortBy: ${named.path} is complex; name a sub-attribute, such as ${example?.path}.`,
    );
  }
  return attribute;
}
