import type { Json, JsonObject } from "../api/types.ts";
import { type Attribute, isEditable, type TypeDefinition } from "./definition.ts";
import { isObject, withAttribute, withMember } from "./form-value.ts";
import type { Item } from "./run-dialog.tsx";

/** A resource to be created, and the row of the file that describes it. */
export type ImportedRow = Item & { readonly resource: JsonObject };

export type ImportedFile = {
  readonly rows: readonly ImportedRow[];
  /** Columns that name no attribute. */
  readonly unknown: readonly string[];
};

/** Between the values of a cell of a multi-valued attribute. */
const SEPARATOR = ";";

/** Reads a file of resources: a JSON array, a ListResponse, or CSV with a row of attribute names. @throws Error */
export async function readImport(text: string, definition: TypeDefinition): Promise<ImportedFile> {
  return /^\s*[[{]/.test(text) ? readJson(text, definition) : readCsv(text, definition);
}

function readJson(text: string, { urn }: TypeDefinition): ImportedFile {
  const parsed: unknown = JSON.parse(text);
  const list = isObject(parsed) ? (parsed["Resources"] ?? [parsed]) : parsed;
  if (!Array.isArray(list) || !list.every(isObject)) throw new Error("The file must be a JSON array of objects.");
  const rows = list.map((each: JsonObject) => {
    // The server sets these itself.
    const { id: _, meta: __, ...resource } = each;
    return {
      resource: { schemas: [urn], ...resource },
      name: nameOf(resource),
      row: { resource: JSON.stringify(each) },
    };
  });
  return { rows, unknown: [] };
}

async function readCsv(text: string, definition: TypeDefinition): Promise<ImportedFile> {
  const { parse } = (await import("papaparse")).default;
  const { data, errors, meta } = parse<Record<string, string>>(text, { header: true, skipEmptyLines: "greedy" });
  const [error] = errors.filter(({ code }) => code !== "UndetectableDelimiter");
  if (error !== undefined) throw new Error(`Row ${(error.row ?? 0) + 2}: ${error.message}`);
  const names = (meta.fields ?? []).filter((name) => name.trim() !== "" && name !== "error");
  const columns = new Map(names.map((name) => [name, columnOf(name, definition)]));
  const rows = data.map((row) => {
    let resource: JsonObject = { schemas: [definition.urn] };
    for (const [name, column] of columns) {
      const cell = row[name]?.trim() ?? "";
      if (column !== undefined && cell !== "") resource = withCell(resource, definition, column, cell);
    }
    const { error: _, ...own } = row;
    return { resource, name: nameOf(resource), row: own };
  });
  return { rows, unknown: names.filter((name) => columns.get(name) === undefined) };
}

type CsvColumn = {
  readonly urn: string;
  readonly attribute: Attribute;
  readonly part: Attribute | undefined;
  /** `type` of the value, for multi-valued attributes. */
  readonly kind: string | undefined;
};

/** The attribute that a column names: `userName`, `name.givenName`, `emails.work`, `department`, or with a URN. */
function columnOf(header: string, { urn: core, attributes, extensions }: TypeDefinition): CsvColumn | undefined {
  const wanted = header.trim().toLowerCase();
  for (const { urn, attributes: own } of [{ urn: core, attributes }, ...extensions]) {
    const prefix = `${urn.toLowerCase()}:`;
    const path = wanted.startsWith(prefix) ? wanted.slice(prefix.length) : wanted;
    const [name = "", second, third] = path.split(".");
    const attribute = own.find((each) => each.name.toLowerCase() === name && isEditable(each, true));
    if (attribute === undefined) continue;
    const { subAttributes = [], multiValued } = attribute;
    const partOf = (text: string | undefined) => subAttributes.find((each) => each.name.toLowerCase() === text);
    if (multiValued !== true || subAttributes.length === 0) {
      const part = partOf(second ?? "value");
      const isWhole = second === undefined && attribute.type !== "complex";
      return part === undefined && !isWhole ? undefined : { urn, attribute, part, kind: undefined };
    }
    const part = partOf(third ?? second ?? "value") ?? partOf("value");
    const kind = second === undefined || partOf(second) !== undefined ? undefined : second;
    return part === undefined ? undefined : { urn, attribute, part, kind };
  }
  return undefined;
}

function withCell(resource: JsonObject, definition: TypeDefinition, column: CsvColumn, cell: string): JsonObject {
  const { urn, attribute, part, kind } = column;
  const container = urn === definition.urn ? resource : resource[urn];
  const before = isObject(container) ? container[attribute.name] : undefined;
  return withAttribute(resource, definition, urn, attribute.name, cellValue(attribute, part, kind, before, cell));
}

function cellValue(
  attribute: Attribute,
  part: Attribute | undefined,
  kind: string | undefined,
  before: Json | undefined,
  cell: string,
): Json {
  const cells = cell.split(SEPARATOR).map((text) => text.trim());
  if (attribute.multiValued !== true) {
    return part === undefined
      ? typed(attribute, cell)
      : withMember(isObject(before) ? before : {}, part.name, typed(part, cell));
  }
  if (part === undefined) return cells.map((text) => typed(attribute, text));
  const values = (Array.isArray(before) ? before : []) as readonly JsonObject[];
  if (part.name === "value" && cells.length > 1) {
    return [...values, ...cells.map((value) => ({ value, ...(kind !== undefined && { type: kind }) }))];
  }
  // Columns of one type describe one value.
  const at = values.findIndex(({ type }) => type === kind);
  const own = values[at] ?? (kind === undefined ? {} : { type: kind });
  const next = withMember(own, part.name, typed(part, cell));
  return at < 0 ? [...values, next] : values.with(at, next);
}

function typed({ type }: Attribute, text: string): Json {
  if (type === "boolean" && /^(?:true|false)$/i.test(text)) return text.toLowerCase() === "true";
  if ((type === "integer" || type === "decimal") && Number.isFinite(Number(text))) return Number(text);
  return text;
}

function nameOf({ displayName, userName, externalId, schemas: _, ...others }: JsonObject): string {
  const candidates = [userName, displayName, externalId, ...Object.values(others)];
  return String(candidates.find((each) => typeof each === "string") ?? "(without a name)");
}
