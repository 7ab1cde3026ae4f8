import { parseArgs } from "node:util";
import { wholeNumber } from "../command.ts";
import { figures } from "./figures/figures.ts";

export const help = `npm run bench:replica -- [options]

Measures what replication costs and how fast it is: the program with packages/replica beside the same program without,
each run a process of its own, on local folders. Exit code 0 means that everything ran, not that every goal was met.

  --only <text>       only the figures whose name contains this text
  --seconds <n>       length of each measurement under load (5)
  --runs <n>          runs of what varies most; the table shows medians (3)
  --large             also restore a database of 1 GB; takes a minute more and 3 GB of disk
  --profile <folder>  also write a CPU profile of each process, which costs some speed
  --help              this text

Figures: ${figures.map(({ name }) => name).join("; ")}.
The whole takes about eight minutes.
`;

export type Options = {
  readonly only: string;
  readonly seconds: number;
  readonly runs: number;
  readonly large: boolean;
  readonly profileFolder: string | undefined;
};

/** Undefined if help was requested. Throws a sentence about what is wrong. */
export function parseOptions(parameters: string[]): Options | undefined {
  const { values } = parseArgs({
    args: parameters,
    options: {
      only: { type: "string", default: "" },
      seconds: { type: "string", default: "5" },
      runs: { type: "string", default: "3" },
      large: { type: "boolean", default: false },
      profile: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const only = values.only.toLowerCase();
  if (!figures.some(({ name }) => name.toLowerCase().includes(only)))
    throw new Error(`--only ${values.only} fits none of: ${figures.map(({ name }) => name).join("; ")}.`);
  return {
    only,
    seconds: wholeNumber("seconds", values.seconds, 1, 600),
    runs: wholeNumber("runs", values.runs, 1, 100),
    large: values.large,
    profileFolder: values.profile,
  };
}
