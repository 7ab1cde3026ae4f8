import type { NewIssuerTrust } from "../../store/store.ts";
import { urlProblem } from "./fetch-json.ts";

/**
 * What speaks against trusting an issuer, before it is stored.
 * @returns for people; undefined when nothing does
 */
export function trustProblem({ issuer, audience, jwksUri, scopes }: NewIssuerTrust): string | undefined {
  if (issuer === "") return "The issuer is missing.";
  if (audience === "") return "The audience is missing: without it, tokens made for others would be accepted.";
  if (scopes.length === 0) return "The scopes are missing.";
  // Without metadata to read, an issuer may have any name (RFC 7519 §4.1.1).
  const problem = urlProblem(jwksUri ?? issuer);
  return problem && `${jwksUri === undefined ? "The issuer" : "The address of the keys"} cannot be used: ${problem}.`;
}
