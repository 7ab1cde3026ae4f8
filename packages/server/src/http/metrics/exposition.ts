import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { BackupStatus } from "../../backup/backup.ts";
import type { Recorder } from "../../monitor/recorder/recorder.ts";
import { backupSamples, type Metric } from "./backup-samples.ts";
import { requestSamples } from "./request-samples.ts";

export type Exposition = {
  readonly contentType: string;
  /**
   * @param recorder undefined while no database is open
   * @param others further metrics
   */
  readonly text: (status: BackupStatus, recorder: Recorder | undefined, others: readonly Metric[]) => Promise<string>;
};

export function openExposition(): Exposition {
  const process = new Registry();
  collectDefaultMetrics({ register: process });
  return {
    contentType: process.contentType,
    text: async (status, recorder, others) => {
      // A new registry each time, so that unknown values are omitted instead of 0.
      const known = new Registry();
      const requests = recorder === undefined ? [] : requestSamples(recorder);
      for (const metric of [...backupSamples(status, Date.now()), ...requests, ...others]) register(metric, known);
      return `${await process.metrics()}${await known.metrics()}`;
    },
  };
}

function register({ name, help, kind, samples }: Metric, registry: Registry): void {
  const labelNames = Object.keys(samples[0]?.labels ?? {});
  const configuration = { name, help, labelNames, registers: [registry] };
  if (kind === "counter") {
    const counter = new Counter(configuration);
    for (const { labels, value } of samples) counter.inc(labels, value);
  } else {
    const gauge = new Gauge(configuration);
    for (const { labels, value } of samples) gauge.set(labels, value);
  }
}
