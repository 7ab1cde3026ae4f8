/** The requirement level of RFC 2119; a rule is stated without its keywords. */
export type Level = "MUST" | "SHOULD" | "MAY" | "rule";

/** Who must do it. */
type Party = "service provider" | "client" | "deployment";

/** One sentence of an RFC that requires something. */
export type Requirement = {
  /** The section and the position in it: `RFC 7644 §3.3-2`. */
  readonly id: string;
  /** The sentence, shortened. */
  readonly sentence: string;
  /** SHALL and REQUIRED count as MUST, RECOMMENDED as SHOULD, their negations likewise (RFC 2119). */
  readonly level: Level;
  readonly party: Party;
  /** Why the server has no test for it; undefined if it needs one. */
  readonly untested: string | undefined;
};

/** A section of an RFC with its requirements. */
export type Section = {
  readonly rfc: string;
  readonly number: string;
  readonly title: string;
  readonly requirements: readonly Requirement[];
};

type Entry = Omit<Requirement, "id">;

export function must(sentence: string): Entry {
  return { sentence, level: "MUST", party: "service provider", untested: undefined };
}

export function should(sentence: string): Entry {
  return { sentence, level: "SHOULD", party: "service provider", untested: undefined };
}

export function may(sentence: string): Entry {
  return { sentence, level: "MAY", party: "service provider", untested: undefined };
}

export function rule(sentence: string): Entry {
  return { sentence, level: "rule", party: "service provider", untested: undefined };
}

/** A requirement for clients only. */
export function client(level: Level, sentence: string): Entry {
  return { sentence, level, party: "client", untested: "on the client" };
}

/** A requirement for the operator of the server or the author of schemas. */
export function deployment(level: Level, sentence: string, untested: string): Entry {
  return { sentence, level, party: "deployment", untested };
}

/** A requirement that this server handles differently, or that does not apply to it. */
export function except(level: Level, sentence: string, untested: string): Entry {
  return { sentence, level, party: "service provider", untested };
}

/** Creates a section. The numbers are the last part of its requirements' ids, and never change. */
export function section(rfc: string, number: string, title: string, entries: Readonly<Record<number, Entry>>): Section {
  const requirements = Object.entries(entries).map(([place, entry]) => ({
    id: `${rfc} §${number}-${place}`,
    ...entry,
  }));
  return { rfc, number, title, requirements };
}
