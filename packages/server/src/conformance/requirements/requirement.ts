/** How strongly an RFC asks for something (RFC 2119); a rule is stated without one of these words. */
export type Level = "MUST" | "SHOULD" | "MAY" | "rule";

/** Who has to do it. */
export type Party = "service provider" | "client" | "deployment";

/** One sentence of an RFC that somebody has to follow. */
export type Requirement = {
  /** Such as `RFC 7644 §3.3-2`: section, and place within it. */
  readonly id: string;
  /** The sentence, shortened. */
  readonly sentence: string;
  /** SHALL and REQUIRED count as MUST, RECOMMENDED as SHOULD, their negations likewise (RFC 2119). */
  readonly level: Level;
  readonly party: Party;
  /** Why no test of the server shows it; undefined where one must. */
  readonly untested: string | undefined;
};

/** A section of an RFC with what it asks for. */
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

/** What a client has to do; of the server nothing follows. */
export function client(level: Level, sentence: string): Entry {
  return { sentence, level, party: "client", untested: "on the client" };
}

/** What has to be done where the server runs, or by who writes schemas. */
export function deployment(level: Level, sentence: string, untested: string): Entry {
  return { sentence, level, party: "deployment", untested };
}

/** What this service provider does otherwise, or what cannot happen with it. */
export function except(level: Level, sentence: string, untested: string): Entry {
  return { sentence, level, party: "service provider", untested };
}

/** Makes a section; the numbers are the last part of the ids of its requirements, and never change. */
export function section(rfc: string, number: string, title: string, entries: Readonly<Record<number, Entry>>): Section {
  const requirements = Object.entries(entries).map(([place, entry]) => ({
    id: `${rfc} §${number}-${place}`,
    ...entry,
  }));
  return { rfc, number, title, requirements };
}
