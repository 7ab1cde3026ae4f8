import type { IdentityProvider, Person } from "../simulate/identity-provider.ts";

/** One step of a scenario. The state of the server can be verified after each step. */
export type Phase = { readonly name: string; readonly play: () => Promise<void> };

/** Phases that build on each other, to be played in their order. */
export type Scenario = { readonly identityProvider: IdentityProvider; readonly phases: readonly Phase[] };

/** @throws Error with the sentence unless it holds */
export function need(holds: boolean, sentence: string): void {
  if (!holds) throw new Error(`${sentence}, but that is not so.`);
}

const NAMES = [
  ["Maya", "Okafor", "Engineer"],
  ["Tomás", "Silva", "Controller"],
  ["Priya", "Raman", "Recruiter"],
  ["Jonas", "Lindqvist", "Support Lead"],
] as const;

/** A few people with accounts. */
export function smallTeam(run: string): [Person, Person, Person, Person] {
  const people = NAMES.map(([givenName, familyName, title]) => ({
    externalId: `00u${crypto.randomUUID().slice(0, 8)}`,
    userName: `${givenName}.${familyName}.${run}@example.com`.toLowerCase(),
    givenName,
    familyName,
    email: `${givenName}.${run}@example.com`.toLowerCase(),
    title,
    active: true,
  }));
  return people as unknown as [Person, Person, Person, Person];
}
