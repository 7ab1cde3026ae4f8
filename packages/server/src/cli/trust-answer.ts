import type { ShownTrust } from "../http/api/trusts.ts";
import { type AskedServer, askServer } from "./ask-server.ts";
import { pathOf } from "./endpoint-answer.ts";

type List = { readonly trusts: readonly ShownTrust[] };

export function trustsPath(endpoint: string): string {
  return `${pathOf(endpoint)}/trusts`;
}

/** @throws CommandRefused */
export async function trustsAt(server: AskedServer, endpoint: string): Promise<readonly ShownTrust[]> {
  return (await askServer<List>(server, "GET", trustsPath(endpoint), "trusts")).trusts;
}

/** What is expected of a token's claims, for people: `aud api://6b1f, azp 6b1f`. */
export function claimsText({ audience, tenant, clientId, subject }: ShownTrust): string {
  const claims = [
    ["aud", audience],
    ["tid", tenant],
    ["azp", clientId],
    ["sub", subject],
  ];
  return claims.flatMap(([name, value]) => (value === null ? [] : [`${name} ${value}`])).join(", ");
}
