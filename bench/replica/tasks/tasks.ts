/** The tasks of children by name. Each loads only what it needs. */
import type * as handOver from "./hand-over.ts";
import type * as recovery from "./recovery.ts";
import type * as writing from "./writing.ts";

type Tasks = typeof writing & typeof recovery & typeof handOver;
export type TaskName = keyof typeof homes;
export type Task<Name extends TaskName> = Parameters<Tasks[Name]>[0];
export type Result<Name extends TaskName> = Awaited<ReturnType<Tasks[Name]>>;

const homes = {
  steady: () => import("./writing.ts"),
  closed: () => import("./writing.ts"),
  lag: () => import("./writing.ts"),
  idle: () => import("./writing.ts"),
  create: () => import("./recovery.ts"),
  fill: () => import("./recovery.ts"),
  restoreOnce: () => import("./recovery.ts"),
  copyOnce: () => import("./recovery.ts"),
  scrub: () => import("./recovery.ts"),
  serve: () => import("./hand-over.ts"),
  takeOver: () => import("./hand-over.ts"),
};

/** @param ready called by some tasks */
export async function runTask(name: string, parameters: unknown, ready: () => void): Promise<unknown> {
  const home: Record<string, unknown> = await homes[name as TaskName]();
  return (home[name] as (parameters: unknown, ready: () => void) => Promise<unknown>)(parameters, ready);
}

/** A message of a child. */
export type ChildEvent = { readonly event: "ready" } | { readonly event: "result"; readonly result: unknown };
