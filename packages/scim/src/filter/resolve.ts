import { newReading, type Reading } from "../dialect/tolerance.ts";
import { badRequest, ScimError, withScimType } from "../message/error.ts";
import { type AttributePath, printAttributePath } from "../path/path.ts";
import { resolveAttributePath } from "../path/resolve.ts";
import { didYouMean, noAttribute, noSubAttribute } from "../path/suggest.ts";
import type { AttributeNode, ResourceModel } from "../schema/model.ts";
import { evaluateFilter } from "./evaluate.ts";
import type { Filter, ResolvedFilter } from "./filter.ts";
import { quote } from "./lex.ts";
import { resolveIn, resolveValueFilter } from "./resolve-value.ts";

/**
 * Resolves a filter against a resource model; see {@link ResolvedFilter}.
 * @throws ScimError 400 `invalidFilter` with suggestions
 */
export function resolveFilter(filter: Filter, model: ResourceModel, reading: Reading): ResolvedFilter {
  const find = (path: AttributePath): AttributeNode => findOrRefuse(path, model, reading);
  const resolveValuePath = (path: AttributePath, inner: Filter): ResolvedFilter => {
    const attribute = find(path);
    const canSelect = attribute.parent === undefined && (attribute.multiValued || attribute.type === "complex");
    if (!canSelect) {
      throw badRequest(
        "invalidFilter",
        { code: "cannotSelect", path: attribute.path },
        `filter: ${attribute.path} has no parts that brackets could select.`,
      );
    }
    return { kind: "valuePath", attribute, filter: resolveValueFilter(inner, attribute, reading) };
  };
  return resolveIn({ find, resolveValuePath, reading }, filter);
}

function findOrRefuse(path: AttributePath, model: ResourceModel, reading: Reading): AttributeNode {
  const attribute = find(path, model, reading);
  if (attribute !== undefined) return attribute;
  const { subAttribute, ...topPath } = path;
  const top = subAttribute === undefined ? undefined : find(topPath, model, reading);
  const detail =
    top === undefined || subAttribute === undefined ? noAttribute(path, model) : noSubAttribute(top, subAttribute);
  throw badRequest(
    "invalidFilter",
    { code: "unknownAttribute", path: printAttributePath(path), schema: model.type.name },
    `filter: ${detail}`,
  );
}

/**
 * The strict profile rejects a tolerated name with `invalidPath`, which is only for PATCH paths (RFC 7644 §3.12, Table
 * 9).
 */
function find(path: AttributePath, model: ResourceModel, reading: Reading): AttributeNode | undefined {
  try {
    return resolveAttributePath(path, model, reading);
  } catch (error) {
    if (error instanceof ScimError && error.scimType === "invalidPath") throw withScimType(error, "invalidFilter");
    throw error;
  }
}

type Leaf = Extract<Filter, { kind: "present" | "compare" | "valuePath" }>;

/**
 * Resolves a filter for a query over several resource types: "For filtered attributes that are not part of a particular
 * resource type, the service provider SHALL treat the attribute as if there is no attribute value" (RFC 7644 §3.4.2.1).
 * @returns what the filter means for each model, in their order: a filter, or whether every resource of the type
 * matches where that does not depend on the resource
 * @throws ScimError 400 `invalidFilter` as `resolveFilter`, and for an attribute that none of the models has
 */
export function resolveFilterAcross(
  filter: Filter,
  models: readonly ResourceModel[],
  reading: Reading,
): (ResolvedFilter | boolean)[] {
  return models.map((model) => resolveFor(filter, model, models, reading));
}

function resolveFor(
  filter: Filter,
  model: ResourceModel,
  models: readonly ResourceModel[],
  reading: Reading,
): ResolvedFilter | boolean {
  switch (filter.kind) {
    case "and":
    case "or": {
      const parts = filter.filters.map((each) => resolveFor(each, model, models, reading));
      return combine(filter.kind, parts);
    }
    case "not": {
      const inner = resolveFor(filter.filter, model, models, reading);
      return typeof inner === "boolean" ? !inner : { kind: "not", filter: inner };
    }
    default: {
      if (has(filter.path, model, reading)) return withoutKnown(resolveFilter(filter, model, reading), model);
      return matchesWithoutValue(filter, models, reading);
    }
  }
}

/** What is true or false already decides the whole, or does not matter. */
function combine(kind: "and" | "or", parts: readonly (ResolvedFilter | boolean)[]): ResolvedFilter | boolean {
  const deciding = kind === "or";
  if (parts.includes(deciding)) return deciding;
  const filters = parts.flatMap((part) => {
    if (typeof part === "boolean") return [];
    return part.kind === kind ? part.filters : [part];
  });
  const [only] = filters;
  if (only === undefined) return !deciding;
  return filters.length === 1 ? only : { kind, filters };
}

/** `meta.resourceType` is the same for all resources of a type, so it need not be looked at in each. */
function withoutKnown(resolved: ResolvedFilter, model: ResourceModel): ResolvedFilter | boolean {
  const resourceType = model.attributes.get("meta")?.children.get("resourcetype");
  if (resourceType === undefined || attributeOf(resolved) !== resourceType) return resolved;
  return evaluateFilter(resolved, { meta: { resourceType: model.type.name } });
}

/** The attribute of a resolved leaf, which may have become `not present`. */
function attributeOf(filter: ResolvedFilter): AttributeNode | undefined {
  if (filter.kind === "not") return attributeOf(filter.filter);
  return filter.kind === "and" || filter.kind === "or" ? undefined : filter.attribute;
}

/** What a condition says of resources whose type does not have the attribute, as of those that have no value of it. */
function matchesWithoutValue(leaf: Leaf, models: readonly ResourceModel[], reading: Reading): boolean {
  const owner = models.find((model) => has(leaf.path, model, reading));
  if (owner === undefined) throw noSuchAttribute(leaf, models, reading);
  // With its own notes: the owner's model notes those of this condition.
  return evaluateFilter(resolveFilter(leaf, owner, newReading(reading.profile)), {});
}

/** Whether a type has the attribute; names that only a rejected tolerance finds do not count. */
function has(path: AttributePath, model: ResourceModel, reading: Reading): boolean {
  try {
    return resolveAttributePath(path, model, newReading(reading.profile)) !== undefined;
  } catch {
    return false;
  }
}

function noSuchAttribute(leaf: Leaf, models: readonly ResourceModel[], reading: Reading): Error {
  const { subAttribute: _, ...top } = leaf.path;
  for (const model of models) {
    const reason = refusalOf(leaf, model, reading);
    // This reason is more precise than "the other types do not have the attribute".
    if (has(top, model, newReading("tolerant"))) return reason;
  }
  const written = printAttributePath(leaf.path);
  const candidates = models.flatMap(({ attributes, extensions }) => [
    ...attributes.values(),
    ...[...extensions.values()].flatMap((extension) => [...extension.attributes.values()]),
  ]);
  const types = models.map(({ type }) => type.name).join(", ");
  return badRequest(
    "invalidFilter",
    { code: "unknownAttribute", path: written, schema: types },
    `filter: none of ${types} has an attribute ${quote(written)}.${didYouMean(leaf.path.attribute, candidates)}`,
  );
}

function refusalOf(leaf: Leaf, model: ResourceModel, reading: Reading): Error {
  try {
    resolveFilter(leaf, model, newReading(reading.profile));
  } catch (error) {
    return error as Error;
  }
  throw new Error("an attribute that no type has was found");
}
