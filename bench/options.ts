import { parseArgs } from "node:util";
import { type DatabaseKind, databaseKind } from "./postgres.ts";
import type { Recording } from "./server-process.ts";

export const help = `npm run bench -- [options]

Measures the server's CPU per request beside a bare node:http server (the floor), start-up and memory.
Exit code 0 means that everything ran, not that every goal was met.

  --case <text>      only the rows whose name contains this text
  --runs <n>         runs of each case; the table shows medians (3)
  --seconds <n>      length of each measurement (5)
  --warm-up <n>      seconds of load before it: the first 20,000 requests are slower, as they are compiled (5)
  --recording <on>   only with exchanges recorded, as is usual; or off: only without (both)
  --database <kind>  sqlite, or postgres: one from npm, or that of DATABASE_URL_TEST (sqlite)
  --connections <n>  keep-alive connections with one request in flight each (32)
  --users <n>        users of the first data set (20000)
  --joins <n>        users who join a group of 10 and one of 100,000, each add is a first one (30000)
  --million          also load 1,000,000 users and compare; takes minutes
  --data <folder>    with --million: keep the million users here, or use those kept before
  --keep             do not remove the temporary data at the end
  --entry <file>     run this program instead of the product: another version, for instance
  --json <file>      also write the raw figures
  --quick            1 run of 2 s each, for development
  --help             this text

The product is dist/scimtool.mjs (npm run build) when that is newer than the sources, else the sources.
`;

const RECORDINGS: readonly Recording[] = ["off", "on"];

export type Options = {
  caseFilter: string;
  runs: number;
  seconds: number;
  warmUpSeconds: number;
  recordings: readonly Recording[];
  database: DatabaseKind;
  connections: number;
  users: number;
  joins: number;
  million: boolean;
  dataFolder: string | undefined;
  keep: boolean;
  entry: string | undefined;
  jsonFile: string | undefined;
};

/** Undefined if help was requested. Throws a sentence about what is wrong. */
export function parseOptions(parameters: string[]): Options | undefined {
  const { values } = parseArgs({
    args: parameters,
    options: {
      case: { type: "string", default: "" },
      runs: { type: "string" },
      seconds: { type: "string" },
      "warm-up": { type: "string" },
      recording: { type: "string" },
      database: { type: "string" },
      connections: { type: "string", default: "32" },
      users: { type: "string", default: "20000" },
      joins: { type: "string", default: "30000" },
      million: { type: "boolean", default: false },
      data: { type: "string" },
      keep: { type: "boolean", default: false },
      entry: { type: "string" },
      json: { type: "string" },
      quick: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  if (values.data !== undefined && !values.million) throw new Error("--data goes with --million.");
  if (values.data !== undefined && values.database === "postgres") throw new Error("--data goes with SQLite.");
  const [runs, seconds, warmUp] = values.quick ? ["1", "2", "1"] : ["3", "5", "5"];
  const recordings = RECORDINGS.filter((each) => each === (values.recording ?? each));
  if (recordings.length === 0) throw new Error(`--recording must be on or off, not ${values.recording}.`);
  return {
    caseFilter: values.case.toLowerCase(),
    runs: whole("runs", values.runs ?? runs, 1, 100),
    seconds: within("seconds", values.seconds ?? seconds, 0.1, 600),
    warmUpSeconds: within("warm-up", values["warm-up"] ?? warmUp, 0, 600),
    recordings,
    database: databaseKind(values.database),
    connections: whole("connections", values.connections, 1, 10_000),
    users: whole("users", values.users, 200, 10_000_000),
    joins: whole("joins", values.joins, 6, 1_000_000),
    million: values.million,
    dataFolder: values.data,
    keep: values.keep,
    entry: values.entry,
    jsonFile: values.json,
  };
}

function whole(name: string, text: string | undefined, least: number, most: number): number {
  const value = within(name, text, least, most);
  if (!Number.isInteger(value)) throw new Error(`--${name} must be a whole number, not ${text}.`);
  return value;
}

function within(name: string, text: string | undefined, least: number, most: number): number {
  const value = Number(text);
  if (!(value >= least && value <= most)) throw new Error(`--${name} must be from ${least} to ${most}, not ${text}.`);
  return value;
}
