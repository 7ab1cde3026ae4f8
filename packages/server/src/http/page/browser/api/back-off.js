const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;

/** Tries again what failed, later with each time. */
export function backOff() {
  let waitMs = FIRST_MS;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  return {
    /** @param {() => void} attempt */
    again: (attempt) => {
      clearTimeout(timer);
      timer = setTimeout(attempt, waitMs);
      waitMs = Math.min(LONGEST_MS, waitMs * 2);
    },
    succeeded: () => {
      waitMs = FIRST_MS;
    },
    stop: () => clearTimeout(timer),
  };
}
