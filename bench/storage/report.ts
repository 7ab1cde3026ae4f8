import { decimals, formatTable } from "../table.ts";
import {
  type Arrangement,
  clientCount,
  copyIntervalMs,
  leastDelayMs,
  mostDelayMs,
  realCopyIntervalMs,
} from "./arrangements.ts";
import type { Copies, Kill, Load } from "./runs.ts";
import { clientPatienceMs } from "./service.ts";

export type Result = {
  readonly arrangement: Arrangement;
  readonly load: Load | undefined;
  readonly kills: readonly Kill[];
  readonly copies: Copies | undefined;
  /** Why figures are missing. */
  readonly failure: string | undefined;
};

const none = "–";

export function introduction(seconds: number, runs: number, databaseBytes: number): string {
  return [
    `Node ${process.version}; ${clientCount} clients insert users of about 900 bytes for ${seconds} s, one transaction each,`,
    `into a database of ${megabytes(databaseBytes)} MB; then ${runs} kills -9 with the local disk deleted.`,
    `The "share" is a local folder behind a delay of ${leastDelayMs}–${mostDelayMs} ms (uniform) for each call of the file system; "object store":`,
    "the same for each request. It is not SMB: no client cache, no leases, no lock that outlives its owner.",
    `The file is copied every ${copyIntervalMs / 1000} s here and every ${realCopyIntervalMs / 60_000} min in reality: the loss there is ${realCopyIntervalMs / copyIntervalMs} times as long.`,
  ].join("\n");
}

export function reportLoad(results: readonly Result[]): string | undefined {
  return tableOf(
    `Under load (a write that takes more than ${clientPatienceMs / 1000} s has failed)`,
    ["writes/s", "p50 ms", "p99 ms", "succeeded", "round trips/write"],
    results.flatMap(({ arrangement, load }) => {
      if (load === undefined) return [];
      const perSecond = load.succeeded / (load.elapsedMs / 1000);
      // Rounded down, so that 100 % means all.
      const percent = Math.floor((1000 * load.succeeded) / load.tried) / 10;
      return [
        [
          arrangement.name,
          decimals(perSecond, perSecond < 100 ? 1 : 0),
          latency(load.p50Ms),
          latency(load.p99Ms),
          `${decimals(percent, 1)} % of ${decimals(load.tried, 0)}`,
          arrangement.kind === "direct" && load.committed > 0 ? decimals(load.roundTrips / load.committed, 1) : none,
        ],
      ];
    }),
  );
}

export function reportKills(results: readonly Result[]): string | undefined {
  return tableOf(
    "After kill -9 and the loss of the local disk, restored from the target",
    ["acknowledged", "lost", "of them", "longest s", "nothing usable"],
    results.flatMap(({ arrangement, kills }) => {
      if (kills.length === 0) return [];
      const acknowledged = sum(kills.map((kill) => kill.acknowledged));
      const lost = sum(kills.map((kill) => kill.lost));
      const unusable = kills.filter(({ refusal }) => refusal !== undefined).length;
      return [
        [
          arrangement.name,
          decimals(acknowledged, 0),
          decimals(lost, 0),
          acknowledged === 0 ? none : `${decimals((100 * lost) / acknowledged, 1)} %`,
          lost === 0 ? none : decimals(Math.max(...kills.map(({ lostMs }) => lostMs)) / 1000, 2),
          `${unusable} of ${kills.length}`,
        ],
      ];
    }),
  );
}

export function reportCopies(results: readonly Result[]): string | undefined {
  return tableOf(
    "Copies of the file while it is written to",
    ["failed integrity_check", "MB", "ms a copy"],
    results.flatMap(({ arrangement, copies }) =>
      copies === undefined
        ? []
        : [
            [
              arrangement.name,
              `${copies.damaged} of ${copies.made}`,
              `${megabytes(copies.leastBytes)}–${megabytes(copies.mostBytes)}`,
              decimals(copies.medianMs, 0),
            ],
          ],
    ),
  );
}

/** Reasons for missing figures, and remarks. */
export function reportRemarks(results: readonly Result[]): string | undefined {
  const lines = results.flatMap(({ arrangement, failure, load, kills }) => {
    const remarks = new Set(
      kills.flatMap(({ refusal }) => (refusal === undefined ? [] : [`not restored: ${refusal}`])),
    );
    if (failure !== undefined) remarks.add(failure);
    if (load?.firstError !== undefined) remarks.add(`the first failed write: ${load.firstError}`);
    return [...remarks].map((remark) => `${arrangement.name}: ${remark}`);
  });
  return lines.length === 0 ? undefined : lines.join("\n");
}

function tableOf(title: string, header: readonly string[], rows: readonly (readonly string[])[]): string | undefined {
  return rows.length === 0 ? undefined : formatTable(title, ["", ...header], rows);
}

function latency(milliseconds: number): string {
  if (milliseconds >= clientPatienceMs) return `> ${decimals(clientPatienceMs, 0)}`;
  return decimals(milliseconds, milliseconds < 100 ? 1 : 0);
}

function megabytes(bytes: number): string {
  return decimals(bytes / 1_000_000, 0);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
