import { hash } from "node:crypto";
import { CorruptObject, NewerVersion } from "../errors.ts";
import type { Target } from "../target/target.ts";

export type BaseEntry = {
  /** The link whose state the snapshot contains. */
  readonly slot: number;
  readonly hash: string;
  readonly epoch: number;
  readonly timeMs: number;
  /** Key and size of the object. */
  readonly key: string;
  readonly bytes: number;
  readonly pageSize: number;
  readonly databasePages: number;
  /** Of the database, see `DatabaseChecksum`. */
  readonly checksum: string;
};

/** An object that replaces some links of the log. */
export type PackEntry = {
  /** How many times its links have been merged. */
  readonly level: 1 | 2 | 3;
  readonly key: string;
  readonly bytes: number;
  /** Of the whole object, in hexadecimal. */
  readonly sha256: string;
  /** The first and the last slot of the log that it replaces. */
  readonly fromSlot: number;
  readonly toSlot: number;
  /** Hash of the last link that it replaces. */
  readonly toHash: string;
  /** Slot of the link before its first one. */
  readonly previousSlot: number;
  /** Time labels of its first and last part, ms since 1970. */
  readonly firstTimeMs: number;
  readonly lastTimeMs: number;
};

/** Objects that no manifest needs any more. */
export type Dropped = {
  readonly key: string;
  /** If the key ends with a number: all objects up to this number. */
  readonly through?: number;
  /** Since when, ms since 1970. In the future for objects that must stay longer. */
  readonly atMs: number;
};

/** The index for restoring the database: snapshots, packs, and where the log continues. */
export type Manifest = {
  readonly format: 1;
  readonly databaseId: string;
  /** Counts the manifests from 1; the highest one applies. */
  readonly number: number;
  /** Of the primary that wrote it. */
  readonly epoch: number;
  readonly writer: string;
  readonly timeMs: number;
  /** In ascending order. */
  readonly bases: readonly BaseEntry[];
  /** In ascending order, without gaps. */
  readonly packs: readonly PackEntry[];
  /** The first slot to read from the log. */
  readonly tailSlot: number;
  /** The last link before `tailSlot`. */
  readonly headBeforeTail: { readonly slot: number; readonly hash: string };
  /** The content of the plain copy. */
  readonly plain?: { readonly slot: number; readonly hash: string; readonly timeMs: number; readonly bytes: number };
  /** Bases and plain copies made so far. */
  readonly backupCount: number;
  readonly dropped: readonly Dropped[];
};

export type NewestManifest = {
  /** undefined if no manifest is intact. */
  readonly manifest: Manifest | undefined;
  /** Keys of damaged manifests with higher numbers. */
  readonly corrupt: readonly string[];
  /** The next free number, above damaged ones too. */
  readonly nextNumber: number;
};

export const MANIFESTS = "replica/man/";

const FORMAT = 1;
const NUMBER_DIGITS = 16;

export function manifestKey(number: number): string {
  return MANIFESTS + String(number).padStart(NUMBER_DIGITS, "0");
}

/** Encodes a manifest: a line of JSON, and a line with the SHA-256 of the first one including its line break. */
export function encodeManifest(manifest: Manifest): Buffer {
  const content = `${JSON.stringify(manifest)}\n`;
  return Buffer.from(`${content}${hash("sha256", content)}\n`, "utf8");
}

/**
 * Decodes a manifest and checks every byte.
 * @throws CorruptObject
 * @throws NewerVersion if it is intact, but of an unknown format
 */
export function decodeManifest(bytes: Uint8Array): Manifest {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const contentBytes = text.indexOf("\n") + 1;
  if (contentBytes === 0) throw new CorruptObject(`it is cut off after ${bytes.length} bytes`);
  const content = text.subarray(0, contentBytes);
  if (!text.subarray(contentBytes).equals(Buffer.from(`${hash("sha256", content)}\n`)))
    throw new CorruptObject("its hash does not match its content");
  const manifest = parse(content);
  const format = (manifest as { readonly format?: unknown } | null)?.format;
  if (typeof format === "number" && format > FORMAT) throw new NewerVersion(`the manifest has format ${format}`);
  if (format !== FORMAT) throw new CorruptObject(`it names the format ${JSON.stringify(format)}`);
  return manifest as Manifest;
}

/**
 * Reads the intact manifest with the highest number. Listings may lag, so higher numbers are tried by reading.
 * @throws NewerVersion if a higher one has an unknown format
 * @throws TargetError when the target does not answer
 */
export async function newestManifest(target: Target): Promise<NewestManifest> {
  const listed = (await target.list(MANIFESTS)).map(numberOf).filter((number) => number !== undefined);
  const above: Buffer[] = [];
  const firstAbove = Math.max(0, ...listed) + 1;
  for (;;) {
    const bytes = await target.read(manifestKey(firstAbove + above.length));
    if (bytes === undefined) break;
    above.push(bytes);
  }
  const corrupt: string[] = [];
  const nextNumber = firstAbove + above.length;
  const candidates = [...listed, ...above.map((_, at) => firstAbove + at)].sort((left, right) => right - left);
  for (const number of candidates) {
    const bytes = above[number - firstAbove] ?? (await target.read(manifestKey(number)));
    const manifest = bytes === undefined ? undefined : readIfWhole(bytes, number);
    if (manifest !== undefined) return { manifest, corrupt, nextNumber };
    // A listed manifest that is missing has been removed meanwhile.
    if (bytes !== undefined) corrupt.push(manifestKey(number));
  }
  return { manifest: undefined, corrupt, nextNumber };
}

function readIfWhole(bytes: Buffer, number: number): Manifest | undefined {
  try {
    const manifest = decodeManifest(bytes);
    return manifest.number === number ? manifest : undefined;
  } catch (error) {
    if (error instanceof CorruptObject) return undefined;
    throw error;
  }
}

function numberOf(key: string): number | undefined {
  const digits = key.slice(MANIFESTS.length);
  return /^\d{16}$/.test(digits) ? Number(digits) : undefined;
}

function parse(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString("utf8"));
  } catch (error) {
    throw new CorruptObject("it is not JSON", { cause: error });
  }
}
