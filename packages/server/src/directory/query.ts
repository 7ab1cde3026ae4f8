import {
  type AttributeNode,
  badRequest,
  parseAttributePath,
  type QueryParameters,
  type Reading,
  type ResolvedFilter,
  type ResourceModel,
  readFilter,
  resolveAttributePath,
  resolveFilter,
  resolveFilterAcross,
} from "@scimtool/scim";

/** What a query says of one type. */
export type Wish = {
  readonly model: ResourceModel;
  readonly filter: ResolvedFilter | undefined;
  readonly sortBy: AttributeNode | undefined;
};

/**
 * Reads what a query says of the one type that it is about.
 * @throws ScimError 400 invalidFilter, invalidPath
 */
export function readWish(parameters: QueryParameters, model: ResourceModel, reading: Reading): Wish {
  const { sortBy } = parameters;
  const filter = readFilter(parameters.filter, reading);
  return {
    model,
    filter: filter && resolveFilter(filter, model, reading),
    sortBy: sortBy === undefined ? undefined : readSortBy(sortBy, [model], reading)[0],
  };
}

/**
 * Reads what a query says of each of several types (RFC 7644 §3.4.2.1).
 * @returns nothing of a type of which no resource can match
 * @throws ScimError 400 invalidFilter, invalidPath
 */
export function readWishes(parameters: QueryParameters, models: readonly ResourceModel[], reading: Reading): Wish[] {
  const { sortBy } = parameters;
  const filter = readFilter(parameters.filter, reading);
  const filters = filter && resolveFilterAcross(filter, models, reading);
  const attributes = sortBy === undefined ? [] : readSortBy(sortBy, models, reading);
  return models.flatMap((model, at) => {
    const meant = filters?.[at] ?? true;
    if (meant === false) return [];
    return [{ model, filter: meant === true ? undefined : meant, sortBy: attributes[at] }];
  });
}

/** @throws ScimError 400 invalidPath for an attribute that none of the models has */
function readSortBy(sortBy: string, models: readonly ResourceModel[], reading: Reading): (AttributeNode | undefined)[] {
  const path = parseAttributePath(sortBy);
  const named = models.map((model) => resolveAttributePath(path, model, reading));
  if (named.every((attribute) => attribute === undefined)) {
    const types = models.map(({ type }) => type.name);
    const subject = types.length === 1 ? `${types[0]} has no` : `none of ${types.join(", ")} has an`;
    throw badRequest(
      "invalidPath",
      { code: "unknownAttribute", path: sortBy.slice(0, 120), schema: types.join(", ") },
      `sortBy: ${subject} attribute "${sortBy.slice(0, 120)}".`,
    );
  }
  return named.map((attribute) => (attribute === undefined ? undefined : sortable(attribute)));
}

/** A complex attribute is sorted by its `value`; without one, a sub-attribute must be named (RFC 7644 §3.4.2.3). */
function sortable(named: AttributeNode): AttributeNode {
  const attribute = named.type === "complex" ? named.children.get("value") : named;
  if (attribute !== undefined) return attribute;
  const [example] = named.children.values();
  throw badRequest(
    "invalidPath",
    { code: "notSortable", path: named.path },
    `sortBy: ${named.path} is complex; name a sub-attribute, such as ${example?.path}.`,
  );
}
