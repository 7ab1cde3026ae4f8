import { parseArgs } from "node:util";
import { wholeNumber } from "../command.ts";
import { arrangements } from "./arrangements.ts";

export const help = `npm run bench:storage -- [options]

Sets three ways to keep the data of a program whose local disk may vanish side by side: the SQLite database on a
network share, on local disk with its file copied now and then, and on local disk with every change replicated.

  --seconds <n>  length of each measurement under load (10)
  --runs <n>     kills -9 of each arrangement (3)
  --only <text>  only the arrangements whose name contains this text
  --seed <n>     of the delays and of the times of the kills (1)
  --help         this text

Arrangements: ${arrangements.map(({ name }) => name).join("; ")}.
The whole takes nearly four minutes.
`;

export type Options = { seconds: number; runs: number; only: string; seed: number };

/** Undefined if help was requested. Throws a sentence about what is wrong. */
export function parseOptions(parameters: string[]): Options | undefined {
  const { values } = parseArgs({
    args: parameters,
    options: {
      seconds: { type: "string", default: "10" },
      runs: { type: "string", default: "3" },
      only: { type: "string", default: "" },
      seed: { type: "string", default: "1" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const only = values.only.toLowerCase();
  if (!arrangements.some(({ name }) => name.toLowerCase().includes(only)))
    throw new Error(`--only ${values.only} fits none of: ${arrangements.map(({ name }) => name).join("; ")}.`);
  return {
    seconds: wholeNumber("seconds", values.seconds, 1, 600),
    runs: wholeNumber("runs", values.runs, 0, 1000),
    only,
    seed: wholeNumber("seed", values.seed, 0, 1_000_000_000),
  };
}
