import type { Exchange, RecordedExchange } from "../../exchange.ts";
import type { FormedExchange } from "../../exchange-form.ts";
import type { Connection } from "../connection.ts";
import { type BlockNames, ColumnWriter, joinColumns, viewColumns } from "./block/columns.ts";
import { FoundTerms, joinTerms, type Terms } from "./block/found-terms.ts";
import { FrameWriter } from "./block/frame.ts";
import { decodeIndex, encodeIndex, MAX_SHARES, type Shares } from "./block/word-index.ts";
import { type Block, type Level, readColumnBytes, readShares, sharesFor } from "./blocks.ts";

/** What a block consists of, or a part of one: exchanges of one shelf that follow one another. */
export type Part = {
  readonly firstPosition: number;
  readonly lastPosition: number;
  readonly leastId: number;
  readonly mostId: number;
  readonly count: number;
  readonly columns: Uint8Array;
  readonly names: BlockNames;
  readonly terms: () => Terms;
};

/** Gathers exchanges of one shelf, in the order of their positions: a part of a block before it is written. */
export class Draft {
  /** Where in its batch it begins: positions count from there. */
  start = 0;
  readonly #columns = new ColumnWriter();
  readonly #frames = new FrameWriter();
  readonly #terms = new FoundTerms();
  #count = 0;
  #leastId = Number.POSITIVE_INFINITY;
  #mostId = 0;
  #lastPosition = 0;

  get count(): number {
    return this.#count;
  }

  /** Different words of its exchanges. */
  get wordCount(): number {
    return this.#terms.wordCount;
  }

  /** @param position less that of its beginning */
  add(exchange: Exchange, position = this.#count): void {
    // First, as it is what may fail: then nothing is added.
    this.#frames.add(exchange);
    this.#columns.add(exchange, exchange, position);
    this.#terms.add(exchange);
    this.#note(exchange.id, position);
  }

  addFormed(exchange: FormedExchange, position = this.#count): void {
    this.#frames.addFormed(exchange);
    this.#columns.add(exchange, exchange.form.model, position);
    this.#terms.addFormed(exchange);
    this.#note(exchange.id, position);
  }

  #note(id: number, position: number): void {
    this.#count++;
    this.#leastId = Math.min(this.#leastId, id);
    this.#mostId = Math.max(this.#mostId, id);
    this.#lastPosition = position;
  }

  /** Itself, without exchanges. */
  cleared(): this {
    for (const part of [this.#columns, this.#frames, this.#terms]) part.clear();
    this.#count = 0;
    this.#leastId = Number.POSITIVE_INFINITY;
    this.#mostId = 0;
    this.#lastPosition = 0;
    return this;
  }

  /** Writes the exchanges. Nothing is to be added afterwards; it may be done again where that was undone. */
  write(connection: Connection, firstPosition: number): Part {
    const { bytes: columns, names } = this.#columns.written();
    const { positions } = viewColumns(columns, this.#count);
    let [count, frameBytes] = [0, 0];
    const starts: number[] = [];
    for (const frame of this.#frames.written()) {
      const key = firstPosition + (positions[count] ?? 0);
      connection.run("INSERT INTO monitor_frame (key, content) VALUES (?, ?)", key, frame.content);
      starts.push(count);
      count += frame.count;
      frameBytes += frame.content.length;
    }
    return {
      firstPosition,
      lastPosition: firstPosition + this.#lastPosition,
      leastId: this.#leastId,
      mostId: this.#mostId,
      count,
      columns,
      names: { ...names, frames: starts, frameBytes },
      terms: () => this.#terms.found(),
    };
  }
}

/** Writes exchanges anew that have their positions, of which they are in the order; one at least. */
export function rewrittenPart(connection: Connection, exchanges: readonly RecordedExchange[]): Part {
  const first = exchanges[0]?.position ?? 0;
  const draft = new Draft();
  for (const exchange of exchanges) draft.add(exchange, exchange.position - first);
  return draft.write(connection, first);
}

/** A block whose words are indexed, as a part of another. Its exchanges stay where they are. */
export function keptPart(connection: Connection, block: Block, shares: Shares): Part {
  const encoded = readShares(connection, block);
  return {
    ...block,
    columns: readColumnBytes(connection, block),
    names: block.names(),
    terms: () => decodeIndex(encoded, block.count, shares),
  };
}

/** Makes a block of parts, of which there is one at least and no other block lies between. */
export function insertBlock(connection: Connection, shelf: number, parts: readonly Part[], level: Level): void {
  const [first, last] = [parts[0], parts.at(-1)];
  if (first === undefined || last === undefined) return;
  const { firstPosition, lastPosition, leastId, mostId, count, columns, names, terms } =
    parts.length === 1 ? first : joinParts(parts, first, last);
  const shares = sharesFor(level, count);
  const words = shares === undefined ? new Map<number, Uint8Array>() : encodeIndex(terms(), count, shares);
  const text = JSON.stringify(names);
  const wordBytes = words.values().reduce((sum, { length }) => sum + length, 0);
  const { key } = connection.run(
    `INSERT INTO monitor_block (endpoint, first_position, last_position, least_id, most_id, count, bytes, level,
       names, columns) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    shelf,
    firstPosition,
    lastPosition,
    leastId,
    mostId,
    count,
    text.length + columns.length + names.frameBytes + wordBytes,
    level,
    text,
    columns,
  );
  for (const [share, content] of words) {
    connection.run("INSERT INTO monitor_words (key, content) VALUES (?, ?)", key * MAX_SHARES + share, content);
  }
}

function joinParts(parts: readonly Part[], first: Part, last: Part): Part {
  const { bytes: columns, names } = joinColumns(parts);
  let before = 0;
  const placed = parts.map((part) => {
    const own = { part, before };
    before += part.count;
    return own;
  });
  return {
    firstPosition: first.firstPosition,
    lastPosition: last.lastPosition,
    leastId: Math.min(...parts.map(({ leastId }) => leastId)),
    mostId: Math.max(...parts.map(({ mostId }) => mostId)),
    count: before,
    columns,
    names: {
      ...names,
      frames: placed.flatMap((own) => own.part.names.frames.map((start) => own.before + start)),
      frameBytes: parts.reduce((sum, part) => sum + part.names.frameBytes, 0),
    },
    terms: () => joinTerms(placed.map((own) => ({ terms: own.part.terms(), before: own.before }))),
  };
}
