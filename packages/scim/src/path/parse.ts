import type { Reading } from "../dialect/tolerance.ts";
import { printFilter } from "../filter/filter.ts";
import { DOT, expected, isUrn, newScan, OPEN_SQUARE, readAttributePath, readSubAttribute } from "../filter/lex.ts";
import { newFilterScan, readBrackets } from "../filter/parse.ts";
import type { NameParameter } from "../message/reason.ts";
import { type AttributePath, type Path, printAttributePath } from "./path.ts";

/**
 * Reads an attribute name with an optional URN (RFC 7644 §3.10).
 * @param subject its location; errors name it
 * @throws ScimError 400 naming the position, what was expected and what was found: `invalidValue` for a query
 * parameter, as `invalidPath` is for PATCH (RFC 7644 §3.12, Table 9)
 */
export function parseAttributePath(text: string, subject: NameParameter | "path" = "path"): AttributePath {
  const scan = newScan(text, subject, subject === "path" ? "invalidPath" : "invalidValue");
  const urn = readVersionedUrn(text);
  if (urn !== undefined) return urn;
  const path = readAttributePath(scan);
  if (scan.at < text.length) throw expected(scan, scan.at, "the end of the name");
  return path;
}

/**
 * Reads a PATCH path (RFC 7644 §3.5.2, Figure 7): `attrPath / valuePath [subAttr]`. A schema's URN alone becomes the
 * attribute `User` of the schema `urn:…:2.0`; `resolvePath` joins them again.
 * @throws ScimError 400 `invalidPath` naming the position; `invalidFilter` if it is inside the brackets
 */
export function parsePath(text: string, reading: Reading): Path {
  const scan = newFilterScan(newScan(text, "path", "invalidPath"), reading);
  const urn = readVersionedUrn(text);
  if (urn !== undefined) return urn;
  const path = readAttributePath(scan);
  if (scan.at === text.length) return path;
  if (text.charCodeAt(scan.at) !== OPEN_SQUARE || path.subAttribute !== undefined) {
    throw expected(
      scan,
      scan.at,
      path.subAttribute === undefined ? 'the end of the path or "["' : "the end of the path",
    );
  }
  scan.scimType = "invalidFilter";
  const filter = readBrackets(scan);
  scan.scimType = "invalidPath";
  const subAttribute = text.charCodeAt(scan.at) === DOT ? readSubAttribute(scan) : undefined;
  if (scan.at < text.length) throw expected(scan, scan.at, "the end of the path");
  return subAttribute === undefined ? { ...path, filter } : { ...path, subAttribute, filter };
}

/**
 * A schema URI whose last part is not an attribute name: `urn:example:2.0`, Entra's `urn:…:enterprise:2.0User`,
 * `http://example.com/schema`. Any URI can name a schema (RFC 7643 §3).
 */
function readVersionedUrn(text: string): AttributePath | undefined {
  const colon = text.lastIndexOf(":");
  if (colon < 1) return undefined;
  const last = text.charAt(colon + 1);
  if (last !== "/" && !(last >= "0" && last <= "9")) return undefined;
  return isUrn(text) ? { schema: text.slice(0, colon), attribute: text.slice(colon + 1) } : undefined;
}

export { printAttributePath };

export function printPath(path: Path): string {
  if (path.filter === undefined) return printAttributePath(path);
  const { schema, attribute, subAttribute, filter } = path;
  const name = printAttributePath(schema === undefined ? { attribute } : { schema, attribute });
  return `${name}[${printFilter(filter)}]${subAttribute === undefined ? "" : `.${subAttribute}`}`;
}
