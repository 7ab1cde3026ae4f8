/** The cases, measured with 20,000 and 1,000,000 users, and a check that each does what it claims. */
import { askForJson, createRequestBuilder } from "./client.ts";
import type { MakeRequest } from "./generator.ts";
import { scatter, userBody, userName } from "./people.ts";
import { type Population, patchSchema } from "./population.ts";
import type { DatabaseKind } from "./postgres.ts";
import { benchSecret, type Recording } from "./server-process.ts";

const listSize = 100;

export type Case = {
  name: string;
  /** The goal: server CPU per request, as a multiple of the floor. */
  goalMultiple: { readonly [recording in Recording]: number };
  /** Whether to compare the cost with 20,000 and 1,000,000 users. */
  scales: boolean;
  expectedStatuses: readonly number[];
  /** Indexes never repeat within a benchmark, so everything derived from them is new. */
  makeRequest: MakeRequest;
  /** Sends request `index` once and throws if the response or its effect is not what the case claims. */
  verify(port: number, index: number): Promise<void>;
};

type User = { id: string; userName: string; displayName: string };
type ListResponse = { totalResults: number; Resources: User[] };

export function userCases(population: Population, database: DatabaseKind): Case[] {
  const goal = (postgres: number, sqlite: Case["goalMultiple"]): Case["goalMultiple"] =>
    database === "postgres" ? { off: postgres, on: postgres } : sqlite;
  const build = createRequestBuilder(benchSecret);
  const userCount = population.userIds.length;
  const anyUser = (index: number): number => scatter(index, userCount);
  const userPath = (user: number): string => `/Users/${population.userIds[user]}`;
  const newUser = (index: number): number => userCount + index;

  return [
    {
      name: "GET by id",
      goalMultiple: goal(12, { off: 2, on: 5 }),
      scales: true,
      expectedStatuses: [200],
      makeRequest: (index) => build("GET", userPath(anyUser(index))),
      async verify(port, index) {
        const found = (await askForJson(port, this.makeRequest(index))) as User;
        expect(this.name, found.userName, userName(anyUser(index)));
      },
    },
    {
      name: "filter userName eq",
      goalMultiple: goal(14, { off: 2.5, on: 6 }),
      scales: true,
      expectedStatuses: [200],
      makeRequest: (index) => build("GET", `/Users?filter=${entraFilter("userName", userName(anyUser(index)))}`),
      async verify(port, index) {
        const found = (await askForJson(port, this.makeRequest(index))) as ListResponse;
        expect(`${this.name}: totalResults`, found.totalResults, 1);
        expect(this.name, found.Resources[0]?.id, population.userIds[anyUser(index)]);
      },
    },
    {
      name: "list of 100",
      goalMultiple: goal(60, { off: 15, on: 28 }),
      scales: false,
      expectedStatuses: [200],
      makeRequest: () => build("GET", `/Users?startIndex=1&count=${listSize}`),
      async verify(port, index) {
        const found = (await askForJson(port, this.makeRequest(index))) as ListResponse;
        expect(this.name, found.Resources.length, Math.min(listSize, userCount));
        expect(`${this.name}: all counted`, found.totalResults >= userCount, true);
      },
    },
    {
      name: "PATCH displayName",
      goalMultiple: goal(30, { off: 10, on: 16 }),
      scales: false,
      expectedStatuses: [200, 204],
      makeRequest: (index) => build("PATCH", userPath(anyUser(index)), replaceDisplayName(`Renamed ${index}`)),
      async verify(port, index) {
        await askForJson(port, this.makeRequest(index));
        const found = (await askForJson(port, build("GET", userPath(anyUser(index))))) as User;
        expect(this.name, found.displayName, `Renamed ${index}`);
      },
    },
    {
      // Last, because it enlarges the population.
      name: "POST user",
      goalMultiple: goal(30, { off: 10, on: 20 }),
      scales: true,
      expectedStatuses: [201],
      makeRequest: (index) => build("POST", "/Users", userBody(newUser(index))),
      async verify(port, index) {
        const created = (await askForJson(port, this.makeRequest(index))) as User;
        const found = (await askForJson(port, build("GET", `/Users/${created.id}`))) as User;
        expect(this.name, found.userName, userName(newUser(index)));
      },
    },
  ];
}

/** Entra's own encoding: spaces as plus signs, everything else percent-encoded. */
function entraFilter(attribute: string, value: string): string {
  return `${attribute}+eq+${encodeURIComponent(`"${value}"`)}`;
}

function replaceDisplayName(value: string): unknown {
  return { schemas: [patchSchema], Operations: [{ op: "Replace", path: "displayName", value }] };
}

export function expect(what: string, actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Error(`${what}: got ${String(actual)}, expected ${String(expected)}.`);
}
