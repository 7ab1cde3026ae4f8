import type { Recorder } from "../../monitor/recorder/recorder.ts";
import type { Metric, Sample } from "./backup-samples.ts";

/** The recorder's counts, as Prometheus metrics. */
export function requestSamples({ totals, waiting, lost }: Recorder): Metric[] {
  const kinds = totals.list();
  const samples = (figureOf: (total: (typeof kinds)[number]) => number): Sample[] =>
    kinds.map((total) => {
      const { endpoint, method, status } = total;
      return { labels: { endpoint, method, status: String(status) }, value: figureOf(total) };
    });
  return [
    metric(
      "requests_total",
      "Requests answered.",
      "counter",
      samples(({ count }) => count),
    ),
    metric(
      "request_duration_seconds_total",
      "Total duration of all requests.",
      "counter",
      samples(({ durationMs }) => durationMs / 1_000),
    ),
    metric("records_waiting", "Exchanges that are not recorded yet.", "gauge", [{ labels: {}, value: waiting }]),
    metric("records_lost_total", "Exchanges that were not recorded.", "counter", [{ labels: {}, value: lost }]),
  ];
}

function metric(name: string, help: string, kind: Metric["kind"], samples: Sample[]): Metric {
  return { name: `scimtool_${name}`, help, kind, samples };
}
