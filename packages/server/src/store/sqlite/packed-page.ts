import type { FoundResource, Key, PackedBody, Reference } from "../store.ts";
import type { Connection } from "./connection.ts";
import type { Sql } from "./sql.ts";

/** SQLITE_TOOBIG: bodies that are too long for one value. */
const TOO_BIG = 18;

const COLUMNS = ["octet_length(body)", "key", "id", "revision", "created_ms", "modified_ms"];

/**
 * Reads the rows of a long page as one: the bodies one after the other as bytes, and the rest as JSON arrays. A string
 * for each body would be made only to be written as bytes again, and be the garbage collector's most work.
 * @param page a statement with the columns of {@link foundResource}, in its own order
 * @returns undefined where the bodies are too long together
 */
export function readPacked(connection: Connection, { text, values }: Sql): PackedRow[] | undefined {
  const arrays = COLUMNS.map((column) => `json_group_array(${column})`).join(", ");
  const row = getUnlessTooBig(
    connection,
    `SELECT CAST(group_concat(body, '') AS BLOB), ${arrays} FROM (${text})`,
    values,
  );
  if (row === undefined) return undefined;
  const [lengths, keys, ids, revisions, created, modified] = row
    .slice(1)
    .map((array) => JSON.parse(array as string) as unknown[]) as Columns;
  const bytes = row[0] as unknown as Uint8Array | null;
  if (bytes === null) return [];
  const page = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  let end = 0;
  return lengths.map((length, at) => {
    end += length;
    const row = new PackedRow(page, end - length, end);
    row.key = keys[at] as Key;
    row.id = ids[at] as string;
    row.revision = revisions[at] as number;
    row.createdMs = created[at] as number;
    row.modifiedMs = modified[at] as number;
    return row;
  });
}

type Columns = [
  lengths: number[],
  keys: Key[],
  ids: string[],
  revisions: number[],
  created: number[],
  modified: number[],
];

function getUnlessTooBig(connection: Connection, text: string, values: Sql["values"]) {
  try {
    return connection.get(text, ...values);
  } catch (error) {
    if ((error as { errcode?: number }).errcode === TOO_BIG) return undefined;
    throw error;
  }
}

const NO_GROUPS: readonly Reference[] = [];

/** A resource whose body is text only when somebody asks for it as that. */
export class PackedRow implements FoundResource, PackedBody {
  readonly page: Buffer;
  readonly start: number;
  readonly end: number;
  key: Key = 0;
  id = "";
  revision = 0;
  createdMs = 0;
  modifiedMs = 0;
  groups: readonly Reference[] = NO_GROUPS;

  constructor(page: Buffer, start: number, end: number) {
    this.page = page;
    this.start = start;
    this.end = end;
  }

  get packed(): PackedBody {
    return this;
  }

  get body(): string {
    return this.page.toString("utf8", this.start, this.end);
  }
}
