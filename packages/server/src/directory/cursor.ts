import { hash } from "node:crypto";
import { expiredCursor, invalidCursor, type ResolvedFilter, type ResourceModel } from "@scimtool/scim";
import type { Key, Position } from "../store/store.ts";

/** Base64url characters of a digest: 72 bits, which no accident gets right. */
const DIGEST_CHARACTERS = 12;

/** What a cursor stands for (RFC 9865 §2). */
export type Cursor = {
  /** Behind which its page begins. */
  readonly position: Position;
  /** The `count` of the query, which all its pages share; undefined where it had none. */
  readonly count: number | undefined;
};

/** What a query is about, in each of the types that it looks through. */
export type Sought = {
  readonly endpoint: Key;
  readonly types: readonly {
    readonly model: ResourceModel;
    readonly filter: ResolvedFilter | undefined;
    readonly sortBy: { readonly path: string } | undefined;
  }[];
  readonly order: "ascending" | "descending" | undefined;
  /** Where resources of each type are served, which is a part of what `meta.location` sorts by. */
  readonly locations: ReadonlyMap<string, string>;
};

/** Tells a query from every other in what its cursors depend on: its matches and their order. */
export function identityOf({ endpoint, types, order, locations }: Sought): string {
  const isByLocation = types.some(({ sortBy }) => sortBy?.path === "meta.location");
  const said = [
    endpoint,
    types.map(({ model, filter, sortBy }) => [model.type.name, filter, sortBy?.path]),
    order,
    isByLocation ? [...locations] : undefined,
  ];
  // Attributes know their parents and children; here the path tells which is meant.
  return digest(JSON.stringify(said, (name, value) => (name === "attribute" ? value.path : value)));
}

/**
 * Writes a cursor, of unreserved characters (RFC 3986 §2.3). It holds all that is needed, so nothing is kept for it
 * here, and a restart does not matter. It is sealed against accidents, not signed: whoever forges one only chooses where
 * a page begins, of what they may read in any case, since each request is authorized by itself (RFC 9865 §5.2).
 * @param identity of its query
 */
export function encodeCursor({ position, count }: Cursor, identity: string, nowMs: number): string {
  const parts = [position.key, position.value, count ?? null, nowMs, identity];
  const payload = Buffer.from(JSON.stringify(parts)).toString("base64url");
  return `${payload}.${digest(payload)}`;
}

/**
 * Reads a cursor that a client sends back.
 * @param identity of the query that it comes with
 * @throws ScimError 400 invalidCursor, expiredCursor
 */
export function decodeCursor(
  text: string,
  identity: string,
  { nowMs, timeoutSeconds }: { readonly nowMs: number; readonly timeoutSeconds: number },
): Cursor {
  const { cursor, issuedMs, identity: own } = unsealed(text);
  if (own !== identity) {
    throw invalidCursor(
      "The cursor belongs to another query. Repeat the path, filter, sortBy and sortOrder of the first page, or begin anew with an empty cursor.",
    );
  }
  if (nowMs - issuedMs > timeoutSeconds * 1_000) {
    throw expiredCursor(
      `The cursor is older than ${timeoutSeconds} s (cursorTimeout). Begin anew with an empty cursor.`,
      timeoutSeconds,
    );
  }
  return cursor;
}

function unsealed(text: string): { readonly cursor: Cursor; readonly issuedMs: number; readonly identity: string } {
  const [payload = "", seal, ...rest] = text.split(".");
  if (seal !== digest(payload) || rest.length > 0) throw notOurs();
  const [key, value, count, issuedMs, identity, ...more] = partsOf(payload);
  const isPosition = isCount(key) && (value === null || typeof value === "string" || Number.isFinite(value));
  const isWhole = isPosition && (count === null || isCount(count)) && isCount(issuedMs) && typeof identity === "string";
  if (!isWhole || more.length > 0) throw notOurs();
  const position = { key, value: value as Position["value"] };
  return { cursor: { position, count: count ?? undefined }, issuedMs, identity };
}

function partsOf(payload: string): readonly unknown[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(payload, "base64url").toString());
    return Array.isArray(parts) ? parts : [];
  } catch {
    return [];
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function notOurs(): Error {
  return invalidCursor(
    'This server did not make the cursor, or not as it came. Send the "nextCursor" of the last answer as it is, or begin anew with an empty cursor.',
  );
}

function digest(text: string): string {
  return hash("sha256", text, "base64url").slice(0, DIGEST_CHARACTERS);
}
