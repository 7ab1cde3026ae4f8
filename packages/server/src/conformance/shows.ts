import { type TestContext, test } from "node:test";
import { CATALOGUE } from "./requirements/catalogue.ts";

const known = new Set(CATALOGUE.flatMap(({ requirements }) => requirements.map(({ id }) => id)));

/**
 * Adds a test that proves requirements. Its title begins with them: `[RFC 7644 §3.3-2] …`. `npm run conformance` reads
 * these calls from the source, so both arguments must be literals.
 * @param ids of requirements of the catalogue
 * @throws Error for an id that is not in the catalogue
 */
export function shows(
  ids: string | readonly string[],
  title: string,
  work: (context: TestContext) => Promise<void> | void,
): void {
  const named = typeof ids === "string" ? [ids] : ids;
  for (const id of named) if (!known.has(id)) throw new Error(`The catalogue has no requirement "${id}".`);
  test(`[${named.join(", ")}] ${title}`, work);
}
