import type { IdentityProvider } from "../simulate/identity-provider.ts";

/** A part of what an identity provider does over time; the state of the server can be verified after each. */
export type Phase = { readonly name: string; readonly play: () => Promise<void> };

/** Phases that build on each other, to be played in their order. */
export type Scenario = { readonly identityProvider: IdentityProvider; readonly phases: readonly Phase[] };

/** @throws Error with the sentence unless it holds */
export function need(holds: boolean, sentence: string): void {
  if (!holds) throw new Error(`${sentence}, but that is not so.`);
}
