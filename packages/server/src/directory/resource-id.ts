import { randomBytes } from "node:crypto";

/** Random bytes are drawn for this many ids at once. */
const POOL_IDS = 256;
const RANDOM_BYTES = 10;

/** Characters of an id. */
export const RESOURCE_ID_LENGTH = 36;

let pool = Buffer.alloc(0);
let used = 0;

/** The time that the last id begins with: many are made within a millisecond. */
let last = { ms: -1, time: "" };

/**
 * A new resource id: a UUID of version 7 (RFC 9562 §5.7). Its leading time keeps new rows together in the index,
 * so that a commit of many creates writes few pages.
 * @param nowMs milliseconds since 1970
 */
export function newResourceId(nowMs: number): string {
  if (used + RANDOM_BYTES > pool.length) {
    pool = randomBytes(POOL_IDS * RANDOM_BYTES);
    used = 0;
  }
  const random = pool.toString("hex", used, used + RANDOM_BYTES);
  used += RANDOM_BYTES;
  if (last.ms !== nowMs) last = { ms: nowMs, time: timeOf(nowMs) };
  const variant = (8 + (Number.parseInt(random.charAt(3), 16) & 3)).toString(16);
  return `${last.time}-7${random.slice(0, 3)}-${variant}${random.slice(4, 7)}-${random.slice(7, 19)}`;
}

function timeOf(ms: number): string {
  const time = ms.toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}`;
}
