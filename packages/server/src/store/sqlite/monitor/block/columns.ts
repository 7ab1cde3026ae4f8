import { type Exchange, SEVERITIES } from "../../../exchange.ts";
import { textHash } from "./text-hash.ts";

// What exchanges are searched by, as arrays of numbers: a million of them are looked through in some milliseconds, with
// whatever conditions, where rows of a table would take longer than an index could make good.

/** Texts that recur, each list in the order of its codes. */
export type BlockNames = {
  readonly methods: readonly string[];
  /** Kinds of all sentences of an exchange, joined by spaces. */
  readonly kinds: readonly string[];
  readonly dialects: readonly string[];
  /** `""` for none. */
  readonly credentials: readonly string[];
  /** Where frames begin: the index of the first exchange of each. */
  readonly frames: readonly number[];
  /** Of all frames. */
  readonly frameBytes: number;
};

/** The columns that have codes of names. */
export const NAMED = ["methods", "kinds", "dialects", "credentials"] as const;

type ColumnNames = Pick<BlockNames, (typeof NAMED)[number]>;

export type Columns = {
  readonly ids: Float64Array;
  /** Hashes of the request ids. */
  readonly requestIds: Float64Array;
  /** Less the first position of the block. */
  readonly positions: Uint32Array;
  readonly durationsUs: Uint32Array;
  readonly statuses: Uint16Array;
  readonly methods: Uint16Array;
  readonly kinds: Uint16Array;
  readonly dialects: Uint16Array;
  readonly credentials: Uint16Array;
  /** The severity, and {@link PROBE}. */
  readonly flags: Uint8Array;
};

/** The bits of `flags` that hold the severity, and the one of a probe. */
export const SEVERITY = 0b0011;
export const PROBE = 0b0100;

const COLUMN_NAMES = [
  ...(["ids", "requestIds", "positions", "durationsUs", "statuses"] as const),
  ...([...NAMED, "flags"] as const),
];

const MAX_UINT32 = 0xffff_ffff;

/** Bytes of one exchange in all columns. */
const EXCHANGE_BYTES = 2 * 8 + 2 * 4 + 5 * 2 + 1;

/** Exchanges that there is room for at first. */
const FIRST_ROOM = 32;

/** Gathers the columns of exchanges, which come in the order of their positions. */
export class ColumnWriter {
  #room = FIRST_ROOM;
  #columns = viewColumns(new Uint8Array(FIRST_ROOM * EXCHANGE_BYTES), FIRST_ROOM);
  #count = 0;
  readonly #methods = new Codes();
  readonly #kinds = new Codes();
  readonly #dialects = new Codes();
  readonly #credentials = new Codes();

  /**
   * @param own what is the exchange's own
   * @param exchange itself, or the model of its form
   * @param position less that of the first
   */
  add(own: Pick<Exchange, "id" | "requestId" | "durationUs">, exchange: Exchange, position: number): void {
    if (this.#count === this.#room) this.#grow();
    const at = this.#count++;
    const columns = this.#columns;
    columns.ids[at] = own.id;
    columns.requestIds[at] = textHash(own.requestId);
    columns.positions[at] = position;
    columns.durationsUs[at] = Math.min(Math.max(0, own.durationUs), MAX_UINT32);
    columns.statuses[at] = exchange.status;
    columns.methods[at] = this.#methods.codeOf(exchange.method);
    columns.kinds[at] = this.#kinds.codeOf(kindsOf(exchange));
    columns.dialects[at] = this.#dialects.codeOf(exchange.dialect);
    columns.credentials[at] = this.#credentials.codeOf(exchange.credential ?? "");
    columns.flags[at] = SEVERITIES.indexOf(exchange.severity) | (exchange.isProbe ? PROBE : 0);
  }

  written(): { readonly bytes: Uint8Array; readonly names: ColumnNames } {
    const names = {
      methods: this.#methods.texts,
      kinds: this.#kinds.texts,
      dialects: this.#dialects.texts,
      credentials: this.#credentials.texts,
    };
    return { bytes: this.#copyTo(this.#count).bytes, names };
  }

  /** Begins anew. */
  clear(): void {
    this.#count = 0;
    for (const codes of [this.#methods, this.#kinds, this.#dialects, this.#credentials]) codes.clear();
  }

  #grow(): void {
    this.#room *= 2;
    this.#columns = this.#copyTo(this.#room).columns;
  }

  #copyTo(room: number): { readonly bytes: Uint8Array; readonly columns: Columns } {
    const bytes = new Uint8Array(room * EXCHANGE_BYTES);
    const columns = viewColumns(bytes, room);
    for (const name of COLUMN_NAMES) columns[name].set(this.#columns[name].subarray(0, this.#count));
    return { bytes, columns };
  }
}

/** Writes the columns of blocks that become one, in the order of their positions. */
export function joinColumns(
  parts: readonly {
    readonly columns: Uint8Array;
    readonly names: ColumnNames;
    readonly count: number;
    readonly firstPosition: number;
  }[],
): { readonly bytes: Uint8Array; readonly names: ColumnNames } {
  const total = parts.reduce((sum, { count }) => sum + count, 0);
  const bytes = new Uint8Array(total * EXCHANGE_BYTES);
  const joined = viewColumns(bytes, total);
  const codes = { methods: new Codes(), kinds: new Codes(), dialects: new Codes(), credentials: new Codes() };
  const first = parts[0]?.firstPosition ?? 0;
  let before = 0;
  for (const { columns, names, count, firstPosition } of parts) {
    const own = viewColumns(columns, count);
    joined.ids.set(own.ids, before);
    joined.requestIds.set(own.requestIds, before);
    joined.positions.set(
      own.positions.map((position) => position + firstPosition - first),
      before,
    );
    joined.durationsUs.set(own.durationsUs, before);
    joined.statuses.set(own.statuses, before);
    joined.flags.set(own.flags, before);
    for (const column of NAMED) {
      const renumbered = names[column].map((name) => codes[column].codeOf(name));
      joined[column].set(
        own[column].map((code) => renumbered[code] ?? 0),
        before,
      );
    }
    before += count;
  }
  const { methods, kinds, dialects, credentials } = codes;
  return {
    bytes,
    names: {
      methods: methods.texts,
      kinds: kinds.texts,
      dialects: dialects.texts,
      credentials: credentials.texts,
    },
  };
}

/** The columns that a {@link ColumnWriter} wrote, without copying them. */
export function viewColumns(bytes: Uint8Array, count: number): Columns {
  let at = bytes.byteOffset;
  const take = <Column>(
    make: new (buffer: ArrayBufferLike, offset: number, length: number) => Column,
    width: number,
  ) => {
    const column = new make(bytes.buffer, at, count);
    at += count * width;
    return column;
  };
  // The widest first, so that each begins at a multiple of its width.
  return {
    ids: take(Float64Array, 8),
    requestIds: take(Float64Array, 8),
    positions: take(Uint32Array, 4),
    durationsUs: take(Uint32Array, 4),
    statuses: take(Uint16Array, 2),
    methods: take(Uint16Array, 2),
    kinds: take(Uint16Array, 2),
    dialects: take(Uint16Array, 2),
    credentials: take(Uint16Array, 2),
    flags: take(Uint8Array, 1),
  };
}

function kindsOf({ sentences }: Exchange): string {
  const [only] = sentences;
  if (only !== undefined && sentences.length === 1) return only.kind;
  return [...new Set(sentences.map(({ kind }) => kind))].sort().join(" ");
}

/** Numbers texts in the order in which they come. */
class Codes {
  readonly #codes = new Map<string, number>();
  /** Neighbours mostly have the same. */
  #lastText = "";
  #lastCode = -1;

  codeOf(text: string): number {
    if (this.#lastCode >= 0 && this.#lastText === text) return this.#lastCode;
    const code = this.#codes.get(text) ?? this.#codes.size;
    this.#codes.set(text, code);
    this.#lastText = text;
    this.#lastCode = code;
    return code;
  }

  clear(): void {
    this.#codes.clear();
    this.#lastCode = -1;
  }

  get texts(): string[] {
    return [...this.#codes.keys()];
  }
}
