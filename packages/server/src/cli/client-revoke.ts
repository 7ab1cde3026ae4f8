import type { ShownCredential } from "../http/api/credentials.ts";
import { runCommand } from "./command.ts";
import { pickOne } from "./pick-one.ts";
import { count } from "./text.ts";
import { credentialsAt, NOUNS, removeCredential } from "./token-answer.ts";
import type { AtEndpointOptions } from "./token-options.ts";

/** `scimtool client revoke`: removes all secrets of a client, or one of them, with the access tokens given for it. */
export function clientRevoke(which: string, { json, endpoint, ...server }: AtEndpointOptions): Promise<void> {
  return runCommand("scimtool client revoke", async (interruption) => {
    const all = await credentialsAt({ ...server, interruption }, endpoint, "client");
    const ofClient = all.filter(({ clientId }) => clientId === which);
    const meant = ofClient.length > 0 ? ofClient : [pickOne(NOUNS.client, endpoint, all, which)];
    const revoked: ShownCredential[] = [];
    let lastAdvice: string | null = null;
    for (const secret of meant) {
      const { removed, advice } = await removeCredential({ ...server, interruption }, endpoint, secret);
      revoked.push(removed);
      lastAdvice = advice;
    }
    if (json === true) console.log(JSON.stringify(revoked));
    else console.log(`Revoked ${count(revoked.length, "secret")} of the client ${meant[0]?.clientId}.`);
    if (lastAdvice !== null) console.error(lastAdvice);
  });
}
