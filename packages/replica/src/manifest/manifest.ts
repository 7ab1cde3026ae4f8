import { hash } from "node:crypto";
import { CorruptObject, NewerVersion } from "../errors.ts";
import type { Target } from "../target/target.ts";

/** A snapshot of the database as a whole. */
export type BaseEntry = {
  /** The link after which the database was as the snapshot has it. */
  readonly slot: number;
  readonly hash: string;
  readonly epoch: number;
  readonly timeMs: number;
  /** Where it lies, and how large the object is. */
  readonly key: string;
  readonly bytes: number;
  readonly pageSize: number;
  readonly databasePages: number;
  /** Of the database, as `DatabaseChecksum` gives it. */
  readonly checksum: string;
};

/** An object that stands for some links of the log. */
export type PackEntry = {
  /** How often what it stands for has been merged. */
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
  /** Slot of the link that it follows on. */
  readonly previousSlot: number;
  /** Time labels of its first and last part, milliseconds since 1970. */
  readonly firstTimeMs: number;
  readonly lastTimeMs: number;
};

/** Objects that no manifest needs any more. */
export type Dropped = {
  readonly key: string;
  /** With a key that ends with a number: all up to and including this one. */
  readonly through?: number;
  /** Since when, milliseconds since 1970. In the future for what has to stay longer than others. */
  readonly atMs: number;
};

/** What is needed to restore the database, as of some moment: snapshots, packs, and where in the log to read on. */
export type Manifest = {
  readonly format: 1;
  readonly databaseId: string;
  /** Counts the manifests, from 1; the highest one wins. */
  readonly number: number;
  /** Who wrote it. */
  readonly epoch: number;
  readonly writer: string;
  readonly timeMs: number;
  /** In ascending order. */
  readonly bases: readonly BaseEntry[];
  /** In ascending order, one following on the other. */
  readonly packs: readonly PackEntry[];
  /** First slot to be read from the log. */
  readonly tailSlot: number;
  /** The last link before `tailSlot`. */
  readonly headBeforeTail: { readonly slot: number; readonly hash: string };
  /** What the plain copy at the target's root holds. */
  readonly plain?: { readonly slot: number; readonly hash: string; readonly timeMs: number; readonly bytes: number };
  /** Bases and plain copies made so far. */
  readonly backupCount: number;
  readonly dropped: readonly Dropped[];
};

/** The manifest that holds. */
export type NewestManifest = {
  /** undefined when there is none, or none that is whole. */
  readonly manifest: Manifest | undefined;
  /** Keys of those that are higher but not whole. */
  readonly corrupt: readonly string[];
  /** The number for the next one: above all there are, whole or not. */
  readonly nextNumber: number;
};

/** Where the manifests lie. */
export const MANIFESTS = "replica/man/";

const FORMAT = 1;
const NUMBER_DIGITS = 16;

/** Key of a manifest. */
export function manifestKey(number: number): string {
  return MANIFESTS + String(number).padStart(NUMBER_DIGITS, "0");
}

/** Writes a manifest: a line of JSON, and a line with the SHA-256 of the first, its end included. */
export function encodeManifest(manifest: Manifest): Buffer {
  const content = `${JSON.stringify(manifest)}\n`;
  return Buffer.from(`${content}${hash("sha256", content)}\n`, "utf8");
}

/**
 * Reads a manifest and checks every byte of it.
 * @throws CorruptObject saying what is wrong
 * @throws NewerVersion when it is whole, but of a format that is not known
 */
export function decodeManifest(bytes: Uint8Array): Manifest {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const contentBytes = text.indexOf("\n") + 1;
  if (contentBytes === 0) throw new CorruptObject(`it is cut off after ${bytes.length} bytes`);
  const content = text.subarray(0, contentBytes);
  if (!text.subarray(contentBytes).equals(Buffer.from(`${hash("sha256", content)}\n`)))
    throw new CorruptObject("its hash does not fit its content");
  const manifest = parse(content);
  const format = (manifest as { readonly format?: unknown } | null)?.format;
  if (typeof format === "number" && format > FORMAT) throw new NewerVersion(`the manifest has format ${format}`);
  if (format !== FORMAT) throw new CorruptObject(`it names the format ${JSON.stringify(format)}`);
  return manifest as Manifest;
}

/**
 * Reads the manifest with the highest number that is whole. Listings may lag behind: whether there are higher ones than
 * those listed is found out by reading.
 * @throws NewerVersion when a higher one is of a format that is not known
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
    // One that is listed but not there has been removed meanwhile.
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
    throw new CorruptObject("it is no JSON", { cause: error });
  }
}
