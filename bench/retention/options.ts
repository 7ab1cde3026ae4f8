import { parseArgs } from "node:util";
import { wholeNumber } from "../command.ts";

export const help = `npm run bench:retention -- [options]

Whether a database stays as large as it may be, and what its upkeep does to requests: days of what happened are recorded
within a minute or so in the database of a program that serves requests all the while, and removed as they get too old,
too many or too large. In the end nearly all of it is removed, to see the file become smaller.

  --hours <n>         how much time is simulated; after a day the first exchanges are too old (60)
  --seconds <n>       how long that takes (60)
  --exchanges <n>     recorded in a simulated hour, of all endpoints (4000)
  --clients <n>       who send requests all the while (4)
  --without           nothing is removed, for comparison
  --seed <n>          of what happens (1)
  --help              this text

Exit code 1 means that the file went on growing, or that a request took longer than 200 ms.
`;

export type Options = {
  readonly hours: number;
  readonly seconds: number;
  readonly exchanges: number;
  readonly clients: number;
  readonly isWithout: boolean;
  readonly seed: number;
};

/** Undefined if help was requested. Throws a sentence about what is wrong. */
export function parseOptions(parameters: string[]): Options | undefined {
  const { values } = parseArgs({
    args: parameters,
    options: {
      hours: { type: "string", default: "60" },
      seconds: { type: "string", default: "60" },
      exchanges: { type: "string", default: "4000" },
      clients: { type: "string", default: "4" },
      without: { type: "boolean", default: false },
      seed: { type: "string", default: "1" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  return {
    hours: wholeNumber("hours", values.hours, 30, 1_000),
    seconds: wholeNumber("seconds", values.seconds, 10, 3_600),
    exchanges: wholeNumber("exchanges", values.exchanges, 100, 1_000_000),
    clients: wholeNumber("clients", values.clients, 1, 100),
    isWithout: values.without,
    seed: wholeNumber("seed", values.seed, 0, 1_000_000_000),
  };
}
