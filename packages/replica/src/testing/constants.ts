import { registerHooks } from "node:module";

/**
 * For tests: changes constants of the engine as its files are loaded from now on, so that what else takes a minute, or
 * gigabytes, takes neither. Files that were imported before are as they were: import what is tested afterwards.
 * @param changes new values, or expressions for them, by file (relative to this package's sources) and name
 * @throws Error (on loading a file) when it has no such constant
 */
export function withConstants(changes: Readonly<Record<string, Readonly<Record<string, number | string>>>>): void {
  registerHooks({
    load: (url, context, nextLoad) => {
      const loaded = nextLoad(url, context);
      const file = Object.keys(changes).find((name) => url.endsWith(`/replica/src/${name}`));
      if (file === undefined) return loaded;
      let source = String(loaded.source);
      for (const [constant, value] of Object.entries(changes[file] ?? {})) {
        const definition = new RegExp(`const ${constant} = [^;]+;`);
        if (!definition.test(source)) throw new Error(`${file} has no constant ${constant}.`);
        source = source.replace(definition, `const ${constant} = ${value};`);
      }
      return { ...loaded, source };
    },
  });
}

/** What waits for seconds waits for less: for tests of whole instances, which may have to share a slow processor. */
export const QUICK = {
  "lease/lease.ts": {
    INTENT_POLL_MS: 50,
    OWNER_ANSWERS_WITHIN_MS: 600,
    ANSWER_POLL_MS: 20,
    INTENT_REPEAT_MS: 200,
  },
  "instance.ts": { FOLLOW_MS: 50, HAND_OVER_POLL_MS: 20 },
  "primary/shipper.ts": { POLL_MS: 50, RETRY_MS: "{ first: 20, last: 100 }" },
  "primary/maintenance.ts": { PERIOD_MS: 50, PAUSE_AFTER_FAILURE_MS: 100 },
} as const;
