import { registerHooks } from "node:module";

/**
 * For tests: changes constants of the engine as its files are loaded from now on, so that what else takes a minute, or
 * gigabytes, takes neither. Files that were imported before are as they were: import what is tested afterwards.
 * @param changes new values by file, relative to this package's sources, and name
 * @throws Error (on loading a file) when it has no such constant
 */
export function withConstants(changes: Readonly<Record<string, Readonly<Record<string, number>>>>): void {
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
