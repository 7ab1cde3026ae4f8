import { type Reading, tolerate } from "../dialect/tolerance.ts";
import { badRequest } from "../message/error.ts";
import type { AttributePath } from "../path/path.ts";
import type { CompareOperator, CompareValue, Filter } from "./filter.ts";
import {
  CLOSE_ROUND,
  CLOSE_SQUARE,
  DOT,
  expected,
  isBlank,
  isWordEnd,
  newScan,
  OPEN_ROUND,
  OPEN_SQUARE,
  QUOTE,
  readAttributePath,
  readNumber,
  readString,
  readSubAttribute,
  repeated,
  type Scan,
  skipBlanks,
  wordAt,
} from "./lex.ts";

/**
 * Reads the filter of a query, if it has one. "The filter parameter MUST contain at least one valid expression" (RFC
 * 7644 §3.4.2.2); the tolerant profile ignores an empty one.
 * @throws ScimError 400 invalidFilter
 */
export function readFilter(text: string | undefined, reading: Reading): Filter | undefined {
  if (text === undefined) return undefined;
  if (text.trim() !== "") return parseFilter(text, reading);
  tolerate(reading, "empty-filter", "filter", "an empty filter", "treated as no filter");
  return undefined;
}

/**
 * Maximum nesting of brackets of both kinds. The code recurses by bracket, and SQL engines limit the depth of an
 * expression (SQLite: 1,000). Known clients need at most three.
 */
export const MAX_FILTER_DEPTH = 50;

/** Maximum number of comparisons. Each becomes a bound value of the SQL statement and costs time per resource. */
export const MAX_FILTER_TERMS = 500;

type FilterScan = Scan & { readonly reading: Reading; depth: number; terms: number };

export function newFilterScan(scan: Scan, reading: Reading): FilterScan {
  return { ...scan, reading, depth: 0, terms: 0 };
}

const OPERATORS: ReadonlyMap<string, CompareOperator | "pr"> = new Map(
  (["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr"] as const).map((operator) => [operator, operator]),
);
const OPERATOR_NAMES = `one of ${[...OPERATORS.keys()].join(", ")}`;

/** Operators of other query languages. */
const FOREIGN_OPERATORS: ReadonlyMap<string, string> = new Map([
  ["=", "eq"],
  ["==", "eq"],
  ["equal", "eq"],
  ["equals", "eq"],
  ["is", "eq"],
  ["!=", "ne"],
  ["<>", "ne"],
  ["neq", "ne"],
  ["contains", "co"],
  ["like", "co"],
  ["startswith", "sw"],
  ["endswith", "ew"],
  [">", "gt"],
  [">=", "ge"],
  ["gte", "ge"],
  ["<", "lt"],
  ["<=", "le"],
  ["lte", "le"],
  ["present", "pr"],
  ["exists", "pr"],
]);

const VALUE = "a value: a string in double quotes, a number, true, false or null";

/**
 * Reads a filter (RFC 7644 §3.4.2.2, Figure 1).
 * @throws ScimError 400 `invalidFilter` naming the place, what was expected and what was found
 */
export function parseFilter(text: string, reading: Reading): Filter {
  const scan = newFilterScan(newScan(text, "filter", "invalidFilter"), reading);
  const filter = readTerms(scan);
  if (scan.at < text.length) throw expected(scan, scan.at, "and, or, or the end of the filter");
  return filter;
}

/** Reads `FILTER` up to its closing bracket or the end of the text. */
function readTerms(scan: FilterScan): Filter {
  const alternatives: Filter[] = [];
  let conditions = [readTerm(scan)];
  for (let word = takeLogical(scan); word !== undefined; word = takeLogical(scan)) {
    if (word === "or") {
      alternatives.push(join("and", conditions));
      conditions = [];
    }
    conditions.push(readTerm(scan));
  }
  alternatives.push(join("and", conditions));
  return join("or", alternatives);
}

/** Keeps `and` and `or` flat by dissolving a group inside one of the same kind. */
function join(kind: "and" | "or", filters: readonly Filter[]): Filter {
  const [only] = filters;
  if (only !== undefined && filters.length === 1) return only;
  return { kind, filters: filters.flatMap((filter) => (filter.kind === kind ? filter.filters : [filter])) };
}

function takeLogical(scan: FilterScan): "and" | "or" | undefined {
  const blank = skipBlanks(scan);
  if (scan.at >= scan.text.length) return undefined;
  const start = scan.at;
  const word = wordAt(scan, start).toLowerCase();
  if (word !== "and" && word !== "or") return undefined;
  scan.at += word.length;
  if (!blank || scan.text.charCodeAt(scan.at) === OPEN_ROUND) noteMissingSpace(scan, word);
  return word;
}

function readTerm(scan: FilterScan): Filter {
  skipBlanks(scan);
  if (scan.text.charCodeAt(scan.at) === OPEN_ROUND) return readGroup(scan);
  const path = readAttributePath(scan);
  if (scan.text.charCodeAt(scan.at) === OPEN_SQUARE) return readValuePath(scan, path);
  if (path.schema === undefined && path.subAttribute === undefined && path.attribute.toLowerCase() === "not") {
    const behind = scan.at;
    skipBlanks(scan);
    if (scan.text.charCodeAt(scan.at) === OPEN_ROUND) return { kind: "not", filter: readGroup(scan) };
    // "not" may be the name of an attribute, but then an operator follows.
    if (readOperatorAt(scan, scan.at) === undefined) throw expected(scan, scan.at, '"(" after not');
    scan.at = behind;
  }
  return readExpression(scan, path);
}

function readGroup(scan: FilterScan): Filter {
  enter(scan);
  const filter = readTerms(scan);
  leave(scan, CLOSE_ROUND, ")");
  return filter;
}

/** Reads `"[" valFilter "]"`, the filter of a value path. */
export function readBrackets(scan: FilterScan): Filter {
  enter(scan);
  const filter = readTerms(scan);
  leave(scan, CLOSE_SQUARE, "]");
  return filter;
}

function readValuePath(scan: FilterScan, path: AttributePath): Filter {
  const filter = readBrackets(scan);
  if (scan.text.charCodeAt(scan.at) !== DOT) return { kind: "valuePath", path, filter };
  // Entra: emails[type eq "work"].value eq "x". The grammar allows this only in PATCH paths.
  const start = scan.at;
  const condition = readExpression(scan, { attribute: readSubAttribute(scan) });
  const outside = repeated(scan, scan.text.slice(start, scan.at));
  tolerate(
    scan.reading,
    "value-path-comparison",
    scan.subject,
    `the comparison ${outside} behind the brackets of ${path.attribute}`,
    "read as a condition inside them",
  );
  return { kind: "valuePath", path, filter: join("and", [filter, condition]) };
}

function enter(scan: FilterScan): void {
  if (++scan.depth > MAX_FILTER_DEPTH) {
    throw badRequest(
      scan.scimType,
      { code: "limitExceeded", limit: "filterNesting", max: MAX_FILTER_DEPTH },
      `${scan.subject}: brackets nested more than ${MAX_FILTER_DEPTH} deep; simplify it.`,
    );
  }
  scan.at++;
}

function leave(scan: FilterScan, code: number, bracket: string): void {
  if (scan.text.charCodeAt(scan.at) !== code) throw expected(scan, scan.at, `and, or, or "${bracket}"`);
  scan.depth--;
  scan.at++;
}

/** Reads `SP "pr"` or `SP compareOp SP compValue`. */
function readExpression(scan: FilterScan, path: AttributePath): Filter {
  if (++scan.terms > MAX_FILTER_TERMS) {
    throw badRequest(
      scan.scimType,
      { code: "limitExceeded", limit: "filterConditions", max: MAX_FILTER_TERMS },
      `${scan.subject}: more than ${MAX_FILTER_TERMS} comparisons; split the request.`,
    );
  }
  const blank = skipBlanks(scan);
  const operator = blank ? readOperatorAt(scan, scan.at) : undefined;
  if (operator === undefined) {
    const word = wordAt(scan, scan.at).toLowerCase();
    const meant = FOREIGN_OPERATORS.get(word);
    throw expected(scan, scan.at, OPERATOR_NAMES, meant === undefined ? "" : ` Did you mean ${meant}?`);
  }
  scan.at += 2;
  if (operator === "pr") return { kind: "present", path };
  return { kind: "compare", path, operator, value: readValue(scan, operator) };
}

function readOperatorAt(scan: Scan, at: number): CompareOperator | "pr" | undefined {
  const word = scan.text.slice(at, at + 2);
  const operator = OPERATORS.get(word) ?? OPERATORS.get(word.toLowerCase());
  return operator !== undefined && isWordEnd(scan, at + 2) ? operator : undefined;
}

function readValue(scan: FilterScan, operator: CompareOperator): CompareValue {
  const blank = skipBlanks(scan);
  if (scan.text.charCodeAt(scan.at) === QUOTE) {
    if (!blank) noteMissingSpace(scan, operator);
    return readString(scan);
  }
  return readBareValue(scan);
}

/** Reads true, false, null, a number, or in the tolerant profile an unquoted word. */
function readBareValue(scan: FilterScan): CompareValue {
  const { text, at: start } = scan;
  let end = start;
  while (end < text.length && !endsBareValue(text.charCodeAt(end))) end++;
  const word = text.slice(start, end);
  const lower = word.toLowerCase();
  if (lower === "" || lower === "and" || lower === "or") throw expected(scan, start, VALUE);
  // A string in the wrong quotes, or without the closing quote, would match nothing. An error is more helpful.
  if (word.includes('"') || word.startsWith("'") || !word.isWellFormed()) throw expected(scan, start, VALUE);
  const number = readNumber(word);
  if (number === Number.POSITIVE_INFINITY || number === Number.NEGATIVE_INFINITY) {
    throw expected(scan, start, "a number that a double can hold");
  }
  scan.at = end;
  if (lower === "true") return true;
  if (lower === "false") return false;
  if (lower === "null") return null;
  if (number !== undefined) return number;
  tolerate(
    scan.reading,
    "unquoted-value",
    scan.subject,
    `the unquoted value ${repeated(scan, word)}`,
    "read as a string",
  );
  return word;
}

function endsBareValue(code: number): boolean {
  return isBlank(code) || code === CLOSE_ROUND || code === CLOSE_SQUARE;
}

function noteMissingSpace(scan: FilterScan, operator: string): void {
  tolerate(
    scan.reading,
    "missing-space",
    scan.subject,
    `the operator ${operator} without a space beside it`,
    "read as if there were one",
  );
}
