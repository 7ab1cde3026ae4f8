import type { Target } from "./target.ts";

/** What came of an attack. */
export type Seen = {
  readonly text: string;
  /** Whether the server withstood it. */
  readonly isHeld: boolean;
};

export type Attack = {
  readonly name: string;
  readonly expected: string;
  /** Only in the long version: it takes more than a few seconds. */
  readonly isLong?: boolean;
  /** @param entry the program, for an attack on a server of its own */
  readonly play: (target: Target, entry: string) => Promise<Seen>;
};
