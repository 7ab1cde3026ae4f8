import type { Connection } from "../connection.ts";
import { type BlockNames, encodeColumns, joinColumns } from "./block/columns.ts";
import { joinTerms, type Terms, termsOf } from "./block/found-terms.ts";
import { encodeFrames } from "./block/frame.ts";
import type { Placed } from "./block/placed.ts";
import { decodeIndex, encodeIndex, MAX_SHARES, type Shares } from "./block/word-index.ts";
import { type Block, type Level, readColumnBytes, readShares, sharesFor } from "./blocks.ts";

/** What a block consists of, or a part of one: exchanges of one endpoint that follow one another. */
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

/** Writes exchanges, in the order of their positions, as a part of a block. */
export function newPart(connection: Connection, exchanges: readonly Placed[]): Part {
  const { bytes: columns, names } = encodeColumns(exchanges);
  let [count, frameBytes, leastId, mostId] = [0, 0, Number.POSITIVE_INFINITY, 0];
  const starts: number[] = [];
  for (const frame of encodeFrames(exchanges)) {
    const position = exchanges[count]?.position ?? 0;
    connection.run("INSERT INTO monitor_frame (key, content) VALUES (?, ?)", position, frame.content);
    starts.push(count);
    count += frame.count;
    frameBytes += frame.content.length;
  }
  for (const { exchange } of exchanges) {
    leastId = Math.min(leastId, exchange.id);
    mostId = Math.max(mostId, exchange.id);
  }
  return {
    firstPosition: exchanges[0]?.position ?? 0,
    lastPosition: exchanges.at(-1)?.position ?? 0,
    leastId,
    mostId,
    count,
    columns,
    names: { ...names, frames: starts, frameBytes },
    terms: () => termsOf(exchanges.map(({ exchange }) => exchange)),
  };
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
export function insertBlock(connection: Connection, endpoint: number, parts: readonly Part[], level: Level): void {
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
    endpoint,
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
