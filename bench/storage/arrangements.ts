/** The compared ways to store the data of a program that may lose its local disk. */

export type Places = {
  /** The program's own disk, which is lost with it. */
  readonly localFolder: string;
  /** Durable storage across the network. */
  readonly targetFolder: string;
};

export type Arrangement = {
  readonly kind: "direct" | "copied" | "replicated";
  readonly name: string;
  /** Whether a round trip is a file system call or a request to an object store; a disk responds at once. */
  readonly target: "share" | "share, data cached" | "objects" | "disk";
  readonly durability?: "semi-sync" | "async";
  /** Of all clients together; undefined: as fast as possible. */
  readonly writesPerSecond?: number;
  /** Under load, after kill -9, and copies of the live file. Redundant combinations are omitted. */
  readonly measures: readonly ("load" | "kills" | "copies")[];
};

export const arrangements: readonly Arrangement[] = [
  { kind: "direct", name: "database on share", target: "share", measures: ["load", "kills"] },
  { kind: "direct", name: "database on share, client caches", target: "share, data cached", measures: ["load"] },
  { kind: "copied", name: "file copied", target: "disk", measures: ["load", "kills", "copies"] },
  {
    kind: "copied",
    name: "file copied, 200 writes/s",
    target: "disk",
    writesPerSecond: 200,
    measures: ["kills", "copies"],
  },
  {
    kind: "copied",
    name: "file copied to share, 200 writes/s",
    target: "share",
    writesPerSecond: 200,
    measures: ["copies"],
  },
  {
    kind: "replicated",
    name: "replicated, semi-sync",
    target: "share",
    durability: "semi-sync",
    measures: ["load", "kills"],
  },
  {
    kind: "replicated",
    name: "replicated, semi-sync, object store",
    target: "objects",
    durability: "semi-sync",
    measures: ["load", "kills"],
  },
  {
    kind: "replicated",
    name: "replicated, async",
    target: "share",
    durability: "async",
    measures: ["load", "kills"],
  },
];

/** One round trip to the target. */
export const leastDelayMs = 10;
export const mostDelayMs = 40;

/** Between two copies of the file; five minutes in reality. */
export const copyIntervalMs = 3000;
export const realCopyIntervalMs = 5 * 60_000;

export const clientCount = 16;
/** In the database before a run: about 30 MB. */
export const usersBefore = 20_000;
