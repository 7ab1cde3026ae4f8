import { closeSync, fstatSync, openSync, readSync } from "node:fs";

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;

/** Magic numbers of a WAL whose checksums read words as little-endian or big-endian. */
const MAGIC_LITTLE_ENDIAN = 0x377f0682;
const MAGIC_BIG_ENDIAN = 0x377f0683;

/** The only version of the format. */
const FORMAT_VERSION = 3_007_000;

/** Bytes read at a time; a transaction may be larger. */
const READ_BYTES = 256 * 1_024;

/** Changes committed since the last call. */
export type WalChange = {
  /** The last image of each page that changed, by page number. */
  readonly pages: ReadonlyMap<number, Buffer>;
  /** Size of the database in pages after the last commit. */
  readonly databasePages: number;
  readonly pageSize: number;
  /** How many transactions. */
  readonly commits: number;
  /** Checkpoint sequence number of the WAL; it changes when the WAL restarts. */
  readonly generation: number;
  /** Bytes of the WAL up to the end of the last commit. */
  readonly walBytes: number;
  /** Frames up to there, as SQLite counts them for checkpoints. */
  readonly walFrames: number;
  /** Whether reading stopped at the limit. */
  readonly more: boolean;
};

type Header = {
  readonly bytes: Buffer;
  readonly pageSize: number;
  readonly generation: number;
  readonly bigEndian: boolean;
  readonly checksum: WalChecksum;
};

/**
 * Follows the `-wal` file of a database that another connection of this process writes to. Frames count only if salts
 * and running checksum match and a commit follows, as when SQLite reads them after a crash. Format:
 * https://sqlite.org/fileformat2.html#the_write_ahead_log
 * Only the WAL is opened. Closing a descriptor of the database file would drop the process's POSIX locks on it.
 */
export class WalReader {
  readonly #file: string;
  #descriptor: number | undefined;
  #header: Header | undefined;
  /** The offset after the last commit, and the checksum up to there. */
  #offset = HEADER_BYTES;
  #checksum = new WalChecksum();
  /** The read buffer, and a view of it. */
  #read: { readonly bytes: Buffer; readonly view: DataView; readonly frames: number } | undefined;

  /** @param file path of the `-wal` file; it need not exist yet */
  constructor(file: string) {
    this.#file = file;
  }

  /**
   * Reads the changes since the last call. Images from that call are no longer valid.
   * @param maxBytes stop after the first commit that brings the pages to this size
   * @returns undefined if there are none
   * @throws Error if the file is not a WAL of a known version
   */
  next(maxBytes = Number.POSITIVE_INFINITY): WalChange | undefined {
    const header = this.#readHeader();
    if (header === undefined) return undefined;
    if (this.#header === undefined || !header.bytes.equals(this.#header.bytes)) {
      this.#header = header;
      this.#offset = HEADER_BYTES;
      this.#checksum = header.checksum;
    }
    return this.#readCommits(header, maxBytes);
  }

  /** The current position; `generation` is undefined before the first commit is read. */
  get position(): { readonly generation: number | undefined; readonly frames: number; readonly bytes: number } {
    if (this.#header === undefined) return { generation: undefined, frames: 0, bytes: 0 };
    const frames = (this.#offset - HEADER_BYTES) / (FRAME_HEADER_BYTES + this.#header.pageSize);
    return { generation: this.#header.generation, frames, bytes: this.#offset };
  }

  /** Bytes of this WAL after the position, up to a limit: roughly, what was committed since. */
  bytesAhead(limitBytes: number): number {
    const header = this.#readHeader();
    if (header === undefined || this.#descriptor === undefined) return 0;
    const isSame = this.#header?.bytes.equals(header.bytes) === true;
    const from = isSame ? this.#offset : HEADER_BYTES;
    const frame = Buffer.alloc(FRAME_HEADER_BYTES);
    const frameBytes = FRAME_HEADER_BYTES + header.pageSize;
    let offset = from;
    while (offset - from < limitBytes) {
      const read = readSync(this.#descriptor, frame, 0, FRAME_HEADER_BYTES, offset);
      if (read < FRAME_HEADER_BYTES || frame.compare(header.bytes, 16, 24, 8, 16) !== 0) break;
      offset += frameBytes;
    }
    return offset - from;
  }

  /** Checkpoint sequence number of the current WAL; undefined if there is none. */
  generation(): number | undefined {
    return this.#readHeader()?.generation;
  }

  /** Size of the file, which stays when the WAL restarts. */
  fileBytes(): number {
    this.#descriptor ??= openIfThere(this.#file);
    return this.#descriptor === undefined ? 0 : fstatSync(this.#descriptor).size;
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #readHeader(): Header | undefined {
    this.#descriptor ??= openIfThere(this.#file);
    if (this.#descriptor === undefined) return undefined;
    const bytes = Buffer.alloc(HEADER_BYTES);
    // An empty WAL has been truncated; a short one is being started.
    if (readSync(this.#descriptor, bytes, 0, HEADER_BYTES, 0) < HEADER_BYTES) return undefined;
    return parseHeader(bytes);
  }

  #readCommits(header: Header, maxBytes: number): WalChange | undefined {
    const { pageSize, generation } = header;
    const frameBytes = FRAME_HEADER_BYTES + pageSize;
    const committed = new Map<number, Buffer>();
    const pending = new Map<number, Buffer>();
    const checksum = this.#checksum.clone();
    let commits = 0;
    let databasePages = 0;
    let more = false;
    let offset = this.#offset;
    this.#eachFrame(frameBytes, (bytes, view, from) => {
      if (!continues(header, checksum, view, from)) return false;
      offset += frameBytes;
      const image = Buffer.from(bytes.subarray(from + FRAME_HEADER_BYTES, from + frameBytes));
      pending.set(view.getUint32(from), image);
      const pagesAfterCommit = view.getUint32(from + 4);
      if (pagesAfterCommit === 0) return true;
      for (const [page, committedImage] of pending) committed.set(page, committedImage);
      pending.clear();
      databasePages = pagesAfterCommit;
      commits++;
      this.#offset = offset;
      this.#checksum = checksum.clone();
      more = committed.size * pageSize >= maxBytes;
      return !more;
    });
    if (commits === 0) return undefined;
    const walFrames = (this.#offset - HEADER_BYTES) / frameBytes;
    return { pages: committed, databasePages, pageSize, commits, generation, walBytes: this.#offset, walFrames, more };
  }

  /**
   * Visits complete frames from the last commit on.
   * @param take gets the offset of a frame in `bytes`, and in `view` of the same; returns whether to continue
   */
  #eachFrame(frameBytes: number, take: (bytes: Buffer, view: DataView, from: number) => boolean): void {
    const descriptor = this.#descriptor as number;
    const { size } = fstatSync(descriptor);
    const { bytes, view, frames: most } = this.#readBuffer(frameBytes);
    for (let offset = this.#offset; offset + frameBytes <= size; ) {
      const frames = Math.min(most, Math.floor((size - offset) / frameBytes));
      const read = readSync(descriptor, bytes, 0, frames * frameBytes, offset);
      const whole = Math.floor(read / frameBytes);
      for (let at = 0; at < whole; at++) if (!take(bytes, view, at * frameBytes)) return;
      if (whole < frames) return;
      offset += frames * frameBytes;
    }
  }

  #readBuffer(frameBytes: number): { readonly bytes: Buffer; readonly view: DataView; readonly frames: number } {
    const frames = Math.max(1, Math.floor(READ_BYTES / frameBytes));
    if (this.#read?.bytes.length !== frames * frameBytes) {
      const bytes = Buffer.allocUnsafeSlow(frames * frameBytes);
      this.#read = { bytes, view: new DataView(bytes.buffer), frames };
    }
    return this.#read;
  }
}

function openIfThere(file: string): number | undefined {
  try {
    return openSync(file, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function parseHeader(bytes: Buffer): Header | undefined {
  const magic = bytes.readUInt32BE(0);
  if (magic !== MAGIC_LITTLE_ENDIAN && magic !== MAGIC_BIG_ENDIAN) {
    // A file system may show the size of a write before its content.
    if (bytes.every((byte) => byte === 0)) return undefined;
    throw new Error("the file does not begin as a write-ahead log of SQLite");
  }
  const version = bytes.readUInt32BE(4);
  if (version !== FORMAT_VERSION) throw new Error(`the write-ahead log has the unknown version ${version}`);
  const bigEndian = magic === MAGIC_BIG_ENDIAN;
  const checksum = new WalChecksum();
  checksum.add(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, 24, bigEndian);
  // The header is being written; SQLite would not use it either.
  if (checksum.first !== bytes.readUInt32BE(24) || checksum.second !== bytes.readUInt32BE(28)) return undefined;
  return { bytes, pageSize: bytes.readUInt32BE(8), generation: bytes.readUInt32BE(12), bigEndian, checksum };
}

/** Whether a frame belongs to this WAL and is complete. @param checksum up to the frame; then continued over it */
function continues(
  { bytes, pageSize, bigEndian }: Header,
  checksum: WalChecksum,
  view: DataView,
  from: number,
): boolean {
  // Frames from before a restart have other salts.
  if (view.getUint32(from + 8) !== bytes.readUInt32BE(16)) return false;
  if (view.getUint32(from + 12) !== bytes.readUInt32BE(20)) return false;
  checksum.add(view, from, from + 8, bigEndian);
  checksum.add(view, from + FRAME_HEADER_BYTES, from + FRAME_HEADER_BYTES + pageSize, bigEndian);
  return checksum.first === view.getUint32(from + 16) && checksum.second === view.getUint32(from + 20);
}

/**
 * SQLite's running checksum of a WAL (https://sqlite.org/fileformat2.html#checksum_algorithm): two 32-bit words,
 * updated in place, because there are thousands of frames a second.
 */
class WalChecksum {
  first: number;
  second: number;

  constructor(first = 0, second = 0) {
    this.first = first;
    this.second = second;
  }

  /**
   * @param from first byte in `view`
   * @param to end, a multiple of eight later
   * @param bigEndian the byte order of words, from the WAL's magic number
   */
  add(view: DataView, from: number, to: number, bigEndian: boolean): void {
    let { first, second } = this;
    for (let at = from; at < to; at += 8) {
      first = (first + view.getUint32(at, !bigEndian) + second) | 0;
      second = (second + view.getUint32(at + 4, !bigEndian) + first) | 0;
    }
    this.first = first >>> 0;
    this.second = second >>> 0;
  }

  clone(): WalChecksum {
    return new WalChecksum(this.first, this.second);
  }
}
