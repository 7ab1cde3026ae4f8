import { type Dropped, MANIFESTS } from "../manifest/manifest.ts";
import { slotKey } from "../target/target.ts";

/** Objects that nobody needs stay for those who are about to read them: a restore that has planned, a lagging listing. */
const GRACE_MS = 10 * 60_000;
const MANIFEST_GRACE_MS = 60 * 60_000;

/** What is dropped one after the other within this time is noted as one. */
const NOTED_TOGETHER_MS = 60_000;

/** Notes objects whose keys end with a number: however many follow each other, it is one note a minute. */
export function dropNumbered(
  dropped: readonly Dropped[],
  prefix: string,
  from: number,
  through: number,
  atMs: number,
): Dropped[] {
  const at = dropped.findLastIndex(({ key }) => key.startsWith(prefix));
  const last = dropped[at];
  const follows = last?.through !== undefined && last.through + 1 === from;
  const isSameTime = last !== undefined && timeSlice(last.atMs) === timeSlice(atMs);
  if (last === undefined || !follows || !isSameTime) {
    return [...dropped, { key: slotKey(prefix, from), through, atMs }];
  }
  return dropped.with(at, { ...last, through, atMs });
}

/** Whether what was dropped may be removed. */
export function mayBeRemoved({ key, atMs }: Dropped, nowMs: number): boolean {
  return nowMs - atMs >= (key.startsWith(MANIFESTS) ? MANIFEST_GRACE_MS : GRACE_MS);
}

/**
 * Takes from the notes what may be removed, so many objects at most.
 * @returns their keys, and the notes without them
 */
export function takeRemovable(
  dropped: readonly Dropped[],
  nowMs: number,
  limit: number,
): { readonly keys: string[]; readonly rest: Dropped[] } {
  const keys: string[] = [];
  const rest: Dropped[] = [];
  for (const note of dropped) {
    if (!mayBeRemoved(note, nowMs) || keys.length >= limit) {
      rest.push(note);
      continue;
    }
    const { key, through } = note;
    if (through === undefined) {
      keys.push(key);
      continue;
    }
    const prefix = key.slice(0, key.lastIndexOf("/") + 1);
    const first = Number(key.slice(prefix.length));
    const last = Math.min(through, first + limit - keys.length - 1);
    for (let number = first; number <= last; number++) keys.push(slotKey(prefix, number));
    if (last < through) rest.push({ ...note, key: slotKey(prefix, last + 1) });
  }
  return { keys, rest };
}

/** Whether removing is worth a manifest. For the last manifest alone it is not: that makes the next one, without end. */
export function isWorthRemoving(dropped: readonly Dropped[], nowMs: number): boolean {
  const { keys } = takeRemovable(dropped, nowMs, 2);
  return keys.length > 1 || keys.some((key) => !key.startsWith(MANIFESTS));
}

function timeSlice(atMs: number): number {
  return Math.floor(atMs / NOTED_TOGETHER_MS);
}
