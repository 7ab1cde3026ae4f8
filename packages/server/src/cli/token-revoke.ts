import { runCommand } from "./command.ts";
import { pickOne } from "./pick-one.ts";
import { credentialsAt, NOUNS, removeCredential } from "./token-answer.ts";
import type { AtEndpointOptions } from "./token-options.ts";

/** `scimtool token revoke`: the token opens nothing any more, at once. */
export function tokenRevoke(which: string, { json, endpoint, ...server }: AtEndpointOptions): Promise<void> {
  return runCommand("scimtool token revoke", async (interruption) => {
    const token = pickOne(
      NOUNS.token,
      endpoint,
      await credentialsAt({ ...server, interruption }, endpoint, "token"),
      which,
    );
    const { removed, advice } = await removeCredential({ ...server, interruption }, endpoint, token);
    if (json === true) console.log(JSON.stringify(removed));
    else console.log(`Revoked the token "${removed.label}" of the endpoint "${endpoint}".`);
    if (advice !== null) console.error(advice);
  });
}
