import { parseArgs } from "node:util";
import { type DatabaseKind, databaseKind } from "../postgres.ts";

export const help = `node bench/paging/main.ts [options]

Reads lists of many users page by page, and tells what a page deep in the list costs beside the first one.

  --users <n>        users in the database (1000000)
  --database <kind>  sqlite, or postgres, which is filled by scimtool migrate (sqlite)
  --only <text>      only the lists whose name contains this text
  --entry <file>     run this program instead of the sources: another version, for instance
  --help             this text
`;

export type Options = { users: number; database: DatabaseKind; only: string; entry: string | undefined };

/** Undefined if help was requested. Throws a sentence about what is wrong. */
export function parseOptions(parameters: string[]): Options | undefined {
  const { values } = parseArgs({
    args: parameters,
    options: {
      users: { type: "string", default: "1000000" },
      database: { type: "string" },
      only: { type: "string", default: "" },
      entry: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const users = Number(values.users);
  if (!(Number.isInteger(users) && users >= 10_000 && users <= 10_000_000))
    throw new Error(`--users must be a whole number from 10000 to 10000000, not ${values.users}.`);
  return { users, database: databaseKind(values.database), only: values.only.toLowerCase(), entry: values.entry };
}
