import { type Reading, tolerate } from "../dialect/tolerance.ts";
import { isAttributeName, quote } from "../filter/lex.ts";
import { resolveValueFilter } from "../filter/resolve-value.ts";
import { badRequest, ScimError, within, withScimType } from "../message/error.ts";
import type { NameParameter } from "../message/reason.ts";
import { type AttributeNode, type ExtensionNode, findAttribute, type ResourceModel } from "../schema/model.ts";
import { printAttributePath, printPath } from "./parse.ts";
import type { AttributePath, Path, Target } from "./path.ts";
import { didYouMean, noSubAttribute } from "./suggest.ts";

/**
 * Finds the attribute of a name, for filters, PATCH paths, `sortBy` and `attributes`. As tolerances, it also finds an
 * extension's attribute without its URN (`department`) and one after a URN without a separator
 * (`urn:…:enterprise:2.0User:department`).
 * @throws ScimError 400 `invalidPath` in the strict profile, for the two tolerances
 */
export function resolveAttributePath(
  path: AttributePath,
  model: ResourceModel,
  reading: Reading,
): AttributeNode | undefined {
  const top = resolveTop(path, model, reading);
  return top === undefined || path.subAttribute === undefined ? top : top.children.get(path.subAttribute.toLowerCase());
}

/** Resolves a name in a query parameter: errors name the parameter and are `invalidValue`. */
export function inParameter<T>(parameter: NameParameter, find: () => T): T {
  try {
    return within(parameter, find);
  } catch (error) {
    throw error instanceof ScimError ? withScimType(error, "invalidValue") : error;
  }
}

/**
 * The extension with this URN, ignoring letter case; as a tolerance also without colons and dots.
 * @throws ScimError 400 `invalidPath` in the strict profile, for the tolerance
 */
export function resolveExtension(urn: string, model: ResourceModel, reading: Reading): ExtensionNode | undefined {
  const exact = model.extensions.get(urn.toLowerCase());
  if (exact !== undefined) return exact;
  const squeezed = squeeze(urn);
  for (const extension of model.extensions.values()) {
    if (squeeze(extension.schema.id) === squeezed) {
      noteMalformedUrn(urn, urn, extension.schema.id, reading);
      return extension;
    }
  }
  return undefined;
}

/**
 * Resolves a PATCH path.
 * @throws ScimError 400 `invalidPath` for an unknown sub-attribute, a filter on a singular attribute, and in the strict
 * profile the tolerances of names; `invalidFilter` for errors in the brackets
 */
export function resolvePath(path: Path, model: ResourceModel, reading: Reading): Target {
  const alone = path.schema !== undefined && path.filter === undefined ? printAttributePath(path) : undefined;
  const extension = alone === undefined ? undefined : model.extensions.get(alone.toLowerCase());
  if (extension !== undefined) return { kind: "extension", extension };
  const attribute = resolveTop(path, model, reading);
  if (attribute !== undefined) return resolveParts(path, attribute, reading);
  const malformed = alone === undefined ? undefined : resolveExtension(alone, model, reading);
  if (malformed !== undefined) return { kind: "extension", extension: malformed };
  if (!isAttributeName(path.attribute)) {
    throw badRequest(
      "invalidPath",
      { code: "unknownAttribute", path: printPath(path), schema: model.type.name },
      `path: ${quote(printPath(path))} is neither an attribute nor an extension of ${model.type.name}.` +
        didYouMean(
          printAttributePath(path),
          [...model.extensions.values()].map(({ schema }) => ({ name: schema.id, path: schema.id })),
        ),
    );
  }
  return { kind: "unknown", ...path };
}

function resolveParts(path: Path, attribute: AttributeNode, reading: Reading): Target {
  const subAttribute =
    path.subAttribute === undefined ? undefined : attribute.children.get(path.subAttribute.toLowerCase());
  if (path.subAttribute !== undefined && subAttribute === undefined) {
    throw badRequest(
      "invalidPath",
      { code: "unknownAttribute", path: `${attribute.path}.${path.subAttribute}`, schema: attribute.path },
      `path: ${noSubAttribute(attribute, path.subAttribute)}`,
    );
  }
  if (path.filter !== undefined && !attribute.multiValued) {
    throw badRequest(
      "invalidPath",
      { code: "cannotSelect", path: attribute.path },
      `path: ${attribute.path} has a single value, so brackets cannot select one; leave them out.`,
    );
  }
  return {
    kind: "attribute",
    attribute,
    ...(path.filter === undefined ? {} : { filter: resolveValueFilter(path.filter, attribute, reading) }),
    ...(subAttribute === undefined ? {} : { subAttribute }),
  };
}

function resolveTop(path: AttributePath, model: ResourceModel, reading: Reading): AttributeNode | undefined {
  const { schema, attribute } = path;
  const exact = findAttribute(model, schema === undefined ? { attribute } : { schema, attribute });
  if (exact !== undefined) return exact;
  return schema === undefined ? findUnqualified(path, model, reading) : findMalformed(path, schema, model, reading);
}

function findUnqualified(path: AttributePath, model: ResourceModel, reading: Reading): AttributeNode | undefined {
  const name = path.attribute.toLowerCase();
  const found = [...model.extensions.values()].flatMap((extension) => extension.attributes.get(name) ?? []);
  const [attribute] = found;
  // Two extensions have an attribute of this name: the client must say which.
  if (attribute === undefined || found.length > 1) return undefined;
  const where = printAttributePath(path);
  tolerate(reading, "unqualified-extension-attribute", where, `the name ${where}`, `read as ${attribute.path}`);
  return attribute;
}

function findMalformed(
  path: AttributePath,
  schema: string,
  model: ResourceModel,
  reading: Reading,
): AttributeNode | undefined {
  const name = path.attribute.toLowerCase();
  const squeezed = squeeze(schema);
  const spaces: (readonly [string, ReadonlyMap<string, AttributeNode>])[] = [
    [model.type.schema.id, model.attributes],
    ...[...model.extensions.values()].map((extension) => [extension.schema.id, extension.attributes] as const),
  ];
  for (const [id, attributes] of spaces) {
    const attribute = attributes.get(name);
    // A missing attribute after a well-formed URN must not be noted as a malformed URN.
    if (attribute !== undefined && squeeze(id) === squeezed) {
      noteMalformedUrn(printAttributePath(path), schema, id, reading);
      return attribute;
    }
  }
  return undefined;
}

function noteMalformedUrn(where: string, received: string, meant: string, reading: Reading): void {
  tolerate(reading, "malformed-urn", where, `the URN ${received}`, `read as ${meant}`);
}

/** A URN without separators, because clients drop and swap them. */
function squeeze(urn: string): string {
  return urn.toLowerCase().replaceAll(/[:.]/g, "");
}
