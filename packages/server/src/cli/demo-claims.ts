import { describeDifference, type IdentityProvider, verifyState } from "@scimtool/check";

/** What the day's lines claim. A server may keep less of the rest, or more. */
const CLAIMED =
  /^(?:status|id|userName|active|title|displayName|members|emails(?:\[.*\]\.value)?|urn:.*:User:(?:department|manager(?:\.value)?))$/;

const MOST_SHOWN = 5;

/** The server accepted what it has not done. */
export class ClaimBroken extends Error {
  override readonly name = "ClaimBroken";
}

/**
 * Reads back what was sent, for an answer of success proves nothing.
 * @throws ClaimBroken when people and groups are not what the day has made of them; NoAnswer
 */
export async function checkClaims(identityProviders: readonly IdentityProvider[]): Promise<void> {
  const broken: string[] = [];
  for (const { client, state } of identityProviders) {
    const differences = await verifyState(client, state);
    broken.push(...differences.filter(({ path }) => CLAIMED.test(path)).map(describeDifference));
  }
  if (broken.length === 0) return;
  const more = broken.length > MOST_SHOWN ? `; and ${broken.length - MOST_SHOWN} more` : "";
  throw new ClaimBroken(
    `the server accepted what it has not done (RFC 7644 §3.5.2: an accepted PATCH is applied). ` +
      `Read back: ${broken.slice(0, MOST_SHOWN).join("; ")}${more}.`,
  );
}
