import { hash } from "node:crypto";
import { expiredCursor, invalidCursor, type ResolvedFilter, type ResourceModel } from "@scimtool/scim";
import type { Key, Position } from "../store/store.ts";

/** Base64url characters of a digest: 72 bits, enough to detect every accidental change. */
const DIGEST_CHARACTERS = 12;

/** The content of a cursor (RFC 9865 §2). */
export type Cursor = {
  /** The page begins after this resource. */
  readonly position: Position;
  /** The `count` of the first page, which holds for all; undefined without one. */
  readonly count: number | undefined;
};

/** What the matches of a query and their order depend on. */
export type CursorQuery = {
  readonly endpoint: Key;
  readonly types: readonly {
    readonly model: ResourceModel;
    readonly filter: ResolvedFilter | undefined;
    readonly sortBy: { readonly path: string } | undefined;
  }[];
  readonly order: "ascending" | "descending" | undefined;
  /** Base URIs of resources by type: sorting by `meta.location` depends on them. */
  readonly locations: ReadonlyMap<string, string>;
};

/** Differs between queries whose cursors must not be exchanged. */
export function identityOf({ endpoint, types, order, locations }: CursorQuery): string {
  const isByLocation = types.some(({ sortBy }) => sortBy?.path === "meta.location");
  const identity = [
    endpoint,
    types.map(({ model, filter, sortBy }) => [model.type.name, filter, sortBy?.path]),
    order,
    isByLocation ? [...locations] : undefined,
  ];
  // Attributes link to their parents and children, so only their path is used.
  return digest(JSON.stringify(identity, (name, value) => (name === "attribute" ? value.path : value)));
}

/**
 * Encodes a cursor in unreserved characters (RFC 3986 §2.3). It contains everything needed, so the server stores
 * nothing for it. Its digest detects accidents; it is not signed. A forged cursor only chooses where a page begins, and
 * every request is authorized separately (RFC 9865 §5.2).
 * @param identity see {@link identityOf}
 */
export function encodeCursor({ position, count }: Cursor, identity: string, nowMs: number): string {
  const parts = [position.key, position.value, count ?? null, nowMs, identity];
  const payload = Buffer.from(JSON.stringify(parts)).toString("base64url");
  return `${payload}.${digest(payload)}`;
}

/**
 * Decodes a cursor from a client.
 * @param identity of the current query
 * @throws ScimError 400 invalidCursor, expiredCursor
 */
export function decodeCursor(
  text: string,
  identity: string,
  { nowMs, timeoutSeconds }: { readonly nowMs: number; readonly timeoutSeconds: number },
): Cursor {
  const { cursor, issuedMs, identity: own } = parsed(text);
  if (own !== identity) {
    throw invalidCursor(
      "The cursor belongs to another query. Repeat the path, filter, sortBy and sortOrder of the first page, or start again with an empty cursor.",
    );
  }
  if (nowMs - issuedMs > timeoutSeconds * 1_000) {
    throw expiredCursor(
      `The cursor is older than ${timeoutSeconds} s (cursorTimeout). Start again with an empty cursor.`,
      timeoutSeconds,
    );
  }
  return cursor;
}

function parsed(text: string): { readonly cursor: Cursor; readonly issuedMs: number; readonly identity: string } {
  const [payload = "", seal, ...rest] = text.split(".");
  if (seal !== digest(payload) || rest.length > 0) throw notACursor();
  const [key, value, count, issuedMs, identity, ...more] = partsOf(payload);
  const isPosition = isCount(key) && (value === null || typeof value === "string" || Number.isFinite(value));
  const isWhole = isPosition && (count === null || isCount(count)) && isCount(issuedMs) && typeof identity === "string";
  if (!isWhole || more.length > 0) throw notACursor();
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

function notACursor(): Error {
  return invalidCursor(
    'This is not a cursor of this server, or it was altered. Send the "nextCursor" of the last response unchanged, or start again with an empty cursor.',
  );
}

function digest(text: string): string {
  return hash("sha256", text, "base64url").slice(0, DIGEST_CHARACTERS);
}
