import type { DatabaseSync } from "node:sqlite";

const time = (column: string) =>
  `strftime('%Y-%m-%dT%H:%M:%S', ${column} / 1000, 'unixepoch') || printf('.%03dZ', ${column} % 1000)`;

/** Who is no more than a member of groups, and has no type, has no meta either. */
const PUT_META = `
UPDATE resource SET body =
  substr(body, 1, length(body) - 1)
  || ',"meta":{"resourceType":"' || type
  || '","created":"' || ${time("created_ms")}
  || '","lastModified":"' || ${time("modified_ms")}
  || '","version":"W/\\"' || revision
  || '\\"","location":"' || id || '"}}'
WHERE type <> '' AND key BETWEEN ? AND ?;
`;

/** SQLite keeps the pages that a statement changes in memory until its end: a million resources would be 1.5 GiB. */
const KEYS_AT_ONCE = 5_000;

/** `meta` in the bodies of resources, as `withMeta` puts it there. */
export function putMeta(database: DatabaseSync): void {
  const { last } = database.prepare("SELECT ifnull(max(key), 0) AS last FROM resource").get() as { last: number };
  const statement = database.prepare(PUT_META);
  for (let key = 1; key <= last; key += KEYS_AT_ONCE) statement.run(key, key + KEYS_AT_ONCE - 1);
}
