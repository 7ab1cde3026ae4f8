import { tellServer } from "./ask-server.ts";
import { runCommand } from "./command.ts";
import { pickOne } from "./pick-one.ts";
import { table } from "./table.ts";
import type { AtEndpointOptions } from "./token-options.ts";
import { scopesText } from "./token-text.ts";
import { claimsText, trustsAt, trustsPath } from "./trust-answer.ts";

/** `scimtool trust list`. */
export function trustList({ json, endpoint, ...server }: AtEndpointOptions): Promise<void> {
  return runCommand("scimtool trust list", async (interruption) => {
    const trusts = await trustsAt({ ...server, interruption }, endpoint);
    if (json === true) {
      console.log(JSON.stringify(trusts));
      return;
    }
    if (trusts.length === 0) {
      console.log(`The endpoint "${endpoint}" trusts no issuer. See scimtool trust add --help.`);
      return;
    }
    const rows = trusts.map((trust) => {
      const { key, label, issuer, jwksUri, scopes, user } = trust;
      return [String(key), label, issuer, jwksUri ?? "", claimsText(trust), scopesText(scopes), user ?? ""];
    });
    console.log(table(["Key", "Label", "Issuer", "Keys at", "Claims", "May", "User"], rows));
  });
}

/** `scimtool trust remove`. */
export function trustRemove(which: string, { json, endpoint, ...server }: AtEndpointOptions): Promise<void> {
  return runCommand("scimtool trust remove", async (interruption) => {
    const trust = pickOne("trust", endpoint, await trustsAt({ ...server, interruption }, endpoint), which);
    await tellServer({ ...server, interruption }, "DELETE", `${trustsPath(endpoint)}/${trust.key}`);
    if (json === true) console.log(JSON.stringify(trust));
    else console.log(`The endpoint "${endpoint}" trusts "${trust.label}" no more.`);
  });
}
