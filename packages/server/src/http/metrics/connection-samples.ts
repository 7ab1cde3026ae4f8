import type { BufferedBytes } from "../buffered-bytes.ts";
import type { Connections } from "../connections.ts";
import type { Metric } from "./backup-samples.ts";

/** Connections and memory for bodies, in Prometheus' terms. */
export function connectionSamples({ count, closed }: Connections, { bytes, refused }: BufferedBytes): Metric[] {
  return [
    metric("connections", "Open connections.", "gauge", [{ labels: {}, value: count }]),
    metric(
      "connections_closed_total",
      "Connections refused or closed because of a limit.",
      "counter",
      Object.entries(closed).map(([reason, value]) => ({ labels: { reason }, value })),
    ),
    metric("buffered_bytes", "Bodies of requests and answers in memory, from 64 KiB each.", "gauge", [
      { labels: {}, value: bytes },
    ]),
    metric("buffered_refused_total", "Requests refused because too many bytes were buffered.", "counter", [
      { labels: {}, value: refused },
    ]),
  ];
}

function metric(name: string, help: string, kind: Metric["kind"], samples: Metric["samples"]): Metric {
  return { name: `scimtool_${name}`, help, kind, samples };
}
