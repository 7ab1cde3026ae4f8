import type { Reading } from "../dialect/tolerance.ts";
import { badRequest, ScimError, withScimType } from "../message/error.ts";
import { type AttributePath, printAttributePath } from "../path/attribute-path.ts";
import { resolveAttributePath } from "../path/resolve.ts";
import { noAttribute, noSubAttribute } from "../path/suggest.ts";
import type { AttributeNode, ResourceModel } from "../schema/model.ts";
import type { Filter, ResolvedFilter } from "./ast.ts";
import { resolveIn, resolveValueFilter } from "./resolve-value.ts";

/**
 * Looks up a filter's names in a resource model and makes its literals fit; see {@link ResolvedFilter}.
 * @throws ScimError 400 `invalidFilter`, saying what may have been meant
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

/** The strict profile refuses a tolerated name as `invalidPath`, a keyword for PATCH paths only (RFC 7644 §3.12, Table 9). */
function find(path: AttributePath, model: ResourceModel, reading: Reading): AttributeNode | undefined {
  try {
    return resolveAttributePath(path, model, reading);
  } catch (error) {
    if (error instanceof ScimError && error.scimType === "invalidPath") throw withScimType(error, "invalidFilter");
    throw error;
  }
}
