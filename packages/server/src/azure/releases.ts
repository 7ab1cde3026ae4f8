/**
 * The schema of the database that each release writes. A release opens databases of its own schema and of older ones,
 * which it upgrades; it never opens newer ones.
 */
export const SCHEMA_OF_RELEASE: Readonly<Record<string, number>> = { "0.1.0": 1 };

/**
 * @param from tag of the image that runs
 * @param to tag of the image that shall run
 * @returns why `to` could not open the database; undefined if it can, or if a release is not known here
 */
export function rollbackProblem(
  from: string,
  to: string,
  schemas: Readonly<Record<string, number>> = SCHEMA_OF_RELEASE,
): string | undefined {
  const [current, wanted] = [schemas[from], schemas[to]];
  if (current === undefined || wanted === undefined || wanted >= current) return undefined;
  return (
    `${to} cannot open this database: ${from} uses schema ${current}, ${to} knows schemas up to ${wanted}. ` +
    `Restore the copy from before the upgrade first: docs/upgrade.md, "Go back over a schema change".`
  );
}
