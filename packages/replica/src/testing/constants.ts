import { registerHooks } from "node:module";

/**
 * For tests: changes constants of the engine in files loaded from now on, so that tests need neither minutes nor
 * gigabytes. Import the tested module afterwards.
 * @param changes new values, or expressions for them, by file (relative to this package's sources) and name
 * @throws Error (when a file is loaded) if it has no such constant
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

/** Shorter times, for tests of whole instances on a slow processor. */
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
