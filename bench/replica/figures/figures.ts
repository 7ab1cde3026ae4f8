import type { Bench } from "../bench.ts";
import type { Figures } from "../report.ts";
import { handOver } from "./hand-over.ts";
import { idle } from "./idle.ts";
import { lag, maximum, steady } from "./load.ts";
import { restore, scrub } from "./recovery.ts";
import { semiSync } from "./semi-sync.ts";
import { serverMemory } from "./server-memory.ts";

export type Figure = { readonly name: string; readonly measure: (bench: Bench) => Promise<Figures> };

export const figures: readonly Figure[] = [
  { name: "steady load: CPU, memory, stalls", measure: steady },
  { name: "maximum throughput", measure: maximum },
  { name: "semi-sync", measure: semiSync },
  { name: "lag", measure: lag },
  { name: "idle", measure: idle },
  { name: "restore", measure: restore },
  { name: "hand-over", measure: handOver },
  { name: "scrub", measure: scrub },
  { name: "server memory", measure: serverMemory },
];
