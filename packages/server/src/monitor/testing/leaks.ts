import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { constants, zstdDecompressSync } from "node:zlib";

// Whatever a database or a backup holds, as texts in which something can be looked for.

/** A piece of it, and where that is. One character a byte. */
export type Found = { readonly where: string; readonly text: string };

const ZSTD_MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

/** All that there is in the files of a folder, as it lies there, and what of it can be decompressed. */
export function* inFiles(folder: string): Generator<Found> {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const where = join(entry.parentPath, entry.name);
    const bytes = readFileSync(where);
    yield { where, text: bytes.toString("latin1") };
    for (let at = bytes.indexOf(ZSTD_MAGIC); at >= 0; at = bytes.indexOf(ZSTD_MAGIC, at + 1)) {
      const content = decompressed(bytes.subarray(at));
      if (content !== undefined) yield { where: `${where}, compressed at ${at}`, text: content };
    }
  }
}

/** All that there is in a database, value by value, and what of it can be decompressed. */
export function* inDatabase(file: string): Generator<Found> {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
    for (const { name } of tables) {
      for (const row of database.prepare(`SELECT * FROM "${name}"`).iterate()) {
        for (const [column, value] of Object.entries(row)) yield* inValue(`${name}.${column}`, value);
      }
    }
  } finally {
    database.close();
  }
}

function* inValue(where: string, value: unknown): Generator<Found> {
  if (typeof value === "string") yield { where, text: Buffer.from(value).toString("latin1") };
  if (!(value instanceof Uint8Array)) return;
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.length);
  yield { where, text: bytes.toString("latin1") };
  const content = bytes.subarray(0, ZSTD_MAGIC.length).equals(ZSTD_MAGIC) ? decompressed(bytes) : undefined;
  if (content !== undefined) yield { where: `${where}, decompressed`, text: content };
}

/** As much of a frame as there is; undefined where it is none. */
function decompressed(bytes: Buffer): string | undefined {
  try {
    return zstdDecompressSync(bytes, { finishFlush: constants.ZSTD_e_flush }).toString("latin1");
  } catch {
    return undefined;
  }
}
