import type { Reading } from "../dialect/tolerance.ts";
import { badRequest } from "../message/error.ts";
import { type AttributePath, printAttributePath } from "../path/attribute-path.ts";
import { noSubAttribute } from "../path/suggest.ts";
import type { AttributeNode } from "../schema/model.ts";
import type { Filter, ResolvedFilter } from "./ast.ts";
import { requireFilterable, resolveComparison } from "./comparison.ts";
import { quote } from "./lex.ts";

/** What names mean at one level: in the resource, or in the brackets behind an attribute. */
export type Scope = {
  /** @throws ScimError 400 if there is no such attribute */
  readonly find: (path: AttributePath) => AttributeNode;
  readonly resolveValuePath: (path: AttributePath, filter: Filter) => ResolvedFilter;
  readonly reading: Reading;
};

/** Resolves a filter with the names of a scope. */
export function resolveIn(scope: Scope, filter: Filter): ResolvedFilter {
  switch (filter.kind) {
    case "and":
    case "or":
      return { kind: filter.kind, filters: filter.filters.map((each) => resolveIn(scope, each)) };
    case "not":
      return { kind: "not", filter: resolveIn(scope, filter.filter) };
    case "present": {
      const attribute = scope.find(filter.path);
      requireFilterable(attribute);
      return { kind: "present", attribute };
    }
    case "compare":
      return resolveComparison(scope.find(filter.path), filter.operator, filter.value, scope.reading);
    case "valuePath":
      return scope.resolveValuePath(filter.path, filter.filter);
  }
}

/**
 * Resolves the filter in the brackets behind an attribute; its names are the attribute's sub-attributes. A simple
 * multi-valued attribute has one, `value`: the element itself. It is a node made up here, with the attribute as parent.
 * @throws ScimError 400 `invalidFilter`
 */
export function resolveValueFilter(filter: Filter, attribute: AttributeNode, reading: Reading): ResolvedFilter {
  requireFilterable(attribute);
  const find = (path: AttributePath): AttributeNode => {
    const name = printAttributePath(path);
    const found = findInside(attribute, name.toLowerCase());
    if (found === undefined)
      throw badRequest(
        "invalidFilter",
        { code: "unknownAttribute", path: name, schema: attribute.path },
        `filter: ${noSubAttribute(attribute, name)}`,
      );
    return found;
  };
  const resolveValuePath = (path: AttributePath): never => {
    const name = quote(printAttributePath(path));
    throw badRequest(
      "invalidFilter",
      { code: "cannotSelect", path: attribute.path },
      `filter: brackets behind ${name} within the brackets of ${attribute.path}.`,
    );
  };
  return resolveIn({ find, resolveValuePath, reading }, filter);
}

function findInside(attribute: AttributeNode, name: string): AttributeNode | undefined {
  if (attribute.type === "complex") return attribute.children.get(name);
  if (name !== "value") return undefined;
  return {
    ...attribute,
    name: "value",
    path: `${attribute.path}.value`,
    keys: [...attribute.keys, "value"],
    multiValued: false,
    parent: attribute,
  };
}
