import type { Person } from "../simulate/person.ts";

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
