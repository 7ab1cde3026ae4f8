import type { StatisticsBucket } from "../api/types.ts";
import { clockText, dayOf, dayText } from "../shared/time-text.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** A bar of the chart: the requests of one span of time. */
export type Bar = Pick<StatisticsBucket, "requests" | "refused" | "failed"> & {
  readonly startMs: number;
  readonly endMs: number;
};

/** What to ask the server for. Days are those of the reader's time zone, so their hours are asked for. */
export type Resolution = { readonly bucket: "1m" | "5m" | "1h"; readonly bucketMs: number; readonly isByDay: boolean };

/** Bars that are wide enough to hit and narrow enough to compare. */
export function resolutionOf(spanMs: number): Resolution {
  if (spanMs <= 2 * HOUR_MS) return { bucket: "1m", bucketMs: MINUTE_MS, isByDay: false };
  if (spanMs <= 12 * HOUR_MS) return { bucket: "5m", bucketMs: 5 * MINUTE_MS, isByDay: false };
  return { bucket: "1h", bucketMs: HOUR_MS, isByDay: spanMs > 8 * DAY_MS };
}

export function barsOf(buckets: readonly StatisticsBucket[], { bucketMs, isByDay }: Resolution): readonly Bar[] {
  const bars: Bar[] = [];
  for (const { start, requests, refused, failed } of buckets) {
    const startMs = Date.parse(start);
    const bar = { startMs, endMs: startMs + bucketMs, requests, refused, failed };
    const last = bars.at(-1);
    if (last === undefined || !isByDay || dayOf(new Date(last.startMs)) !== dayOf(new Date(startMs))) bars.push(bar);
    else bars[bars.length - 1] = sumOf(last, bar);
  }
  return bars;
}

function sumOf(one: Bar, other: Bar): Bar {
  return {
    startMs: one.startMs,
    endMs: other.endMs,
    requests: one.requests + other.requests,
    refused: one.refused + other.refused,
    failed: one.failed + other.failed,
  };
}

export type Tick = { readonly share: number; readonly text: string };

const MAX_TICKS = 8;

/** A time further right would be cut off. */
const MAX_SHARE = 0.92;

const STEPS_MS = [1, 2, 5, 10, 15, 30, 60, 180, 360, 720, 1_440, 2_880, 10_080].map((minutes) => minutes * MINUTE_MS);

/** Round times on the axis, in the reader's time zone. */
export function ticksOf(bars: readonly Bar[]): readonly Tick[] {
  const [first, last] = [bars[0], bars.at(-1)];
  if (first === undefined || last === undefined) return [];
  const lengthMs = last.endMs - first.startMs;
  const stepMs = STEPS_MS.find((each) => lengthMs / each <= MAX_TICKS) ?? DAY_MS;
  return bars.flatMap(({ startMs }, index) => {
    const moment = new Date(startMs);
    const localMs = startMs - moment.getTimezoneOffset() * MINUTE_MS;
    if (localMs % stepMs !== 0 || index / bars.length > MAX_SHARE) return [];
    const isDay = localMs % DAY_MS === 0;
    return [{ share: index / bars.length, text: isDay ? dayText(moment) : clockText(moment) }];
  });
}
