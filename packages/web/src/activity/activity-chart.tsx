import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useState } from "react";
import { api, dataOf } from "../api/client.ts";
import { clockText, spanText } from "../shared/time-text.ts";
import styles from "./activity-chart.module.css";
import { type Bar, barsOf, resolutionOf, ticksOf } from "./chart-bars.ts";
import { apiQuery, type Filter, filterKey } from "./filter.ts";

const REFRESH_MS = 30_000;
const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };
const SPANS = [
  ["24h", "24 hours"],
  ["7d", "7 days"],
  ["30d", "30 days"],
] as const;

type ActivityChartProps = { readonly filter: Filter; readonly onChange: (filter: Filter) => void };

/** Requests over time. A bar that is clicked shows only its time, in more detail. */
export function ActivityChart({ filter, onChange }: ActivityChartProps) {
  const [span, setSpan] = useState("24h");
  const { within: _, ...others } = filter;
  const from = filter.from ?? filter.within ?? span;
  const resolution = resolutionOf(lengthOf(from, filter.to));
  const { data } = useQuery({
    queryKey: ["statistics", filterKey(filter), from],
    refetchInterval: filter.to === undefined ? REFRESH_MS : false,
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) => {
      const query = { ...apiQuery(filter), from, bucket: resolution.bucket };
      const { buckets } = await dataOf(api.GET("/api/statistics", { params: { query }, signal }));
      return barsOf(buckets, resolution);
    },
  });
  const bars = data ?? [];
  const select = ({ startMs, endMs }: Bar) =>
    onChange({ ...others, from: new Date(startMs).toISOString(), to: new Date(endMs).toISOString() });
  return (
    <figure className={styles.chart} aria-label="Requests over time">
      <figcaption className={styles.caption}>
        {data !== undefined && <Totals bars={data} />}
        {filter.from === undefined && filter.within === undefined && (
          <span className={styles.spans}>
            {SPANS.map(([value, label]) => (
              <button key={value} type="button" aria-pressed={span === value} onClick={() => setSpan(value)}>
                {label}
              </button>
            ))}
          </span>
        )}
      </figcaption>
      <Bars bars={bars} onSelect={select} />
      <div className={styles.axis} aria-hidden="true">
        {ticksOf(bars).map(({ share, text }) => (
          <span key={share} style={{ insetInlineStart: `${100 * share}%` }}>
            {text}
          </span>
        ))}
      </div>
    </figure>
  );
}

type BarsProps = { readonly bars: readonly Bar[]; readonly onSelect: (bar: Bar) => void };

/** One stop of the Tab key; arrow keys go from bar to bar. */
function Bars({ bars, onSelect }: BarsProps) {
  const [current, setCurrent] = useState<number>();
  const most = Math.max(1, ...bars.map(({ requests }) => requests));
  const reached = bars.find(({ startMs, requests }) => startMs === current && requests > 0);
  const stop = reached ?? bars.findLast(({ requests }) => requests > 0);
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const buttons = [...event.currentTarget.querySelectorAll<HTMLButtonElement>("button:enabled")];
    buttons[buttons.indexOf(document.activeElement as HTMLButtonElement) + step]?.focus();
  };
  return (
    <div role="toolbar" aria-label="Times" className={styles.bars} onKeyDown={onKeyDown}>
      <span className={styles.most} aria-hidden="true">
        {bars.length > 0 && most.toLocaleString("en")}
      </span>
      {bars.map((bar) => (
        <button
          key={bar.startMs}
          type="button"
          tabIndex={bar === stop ? 0 : -1}
          className={styles.bar}
          disabled={bar.requests === 0}
          aria-label={barText(bar)}
          title={barText(bar)}
          onFocus={() => setCurrent(bar.startMs)}
          onClick={() => onSelect(bar)}
        >
          <span className={styles.failed} style={heightOf(bar.failed, most)} />
          <span className={styles.refused} style={heightOf(bar.refused, most)} />
          <span className={styles.fine} style={heightOf(bar.requests - bar.refused - bar.failed, most)} />
        </button>
      ))}
    </div>
  );
}

function heightOf(count: number, most: number) {
  return { height: `${(100 * count) / most}%`, minHeight: count > 0 ? 2 : 0 };
}

function barText({ startMs, endMs, requests, refused, failed }: Bar): string {
  const time = `${spanText(new Date(startMs))}–${clockText(new Date(endMs))}`;
  const counted = requestsText(requests);
  return `${time}: ${counted}, ${refused.toLocaleString("en")} refused, ${failed.toLocaleString("en")} failed`;
}

function Totals({ bars }: { readonly bars: readonly Bar[] }) {
  const sum = (of: (bar: Bar) => number) => bars.reduce((total, bar) => total + of(bar), 0).toLocaleString("en");
  return (
    <span className={styles.totals}>
      <span>{requestsText(bars.reduce((total, { requests }) => total + requests, 0))}</span>
      <span>
        <i className={styles.refused} /> {sum(({ refused }) => refused)} refused
      </span>
      <span>
        <i className={styles.failed} /> {sum(({ failed }) => failed)} failed
      </span>
    </span>
  );
}

/** Of a span that begins at a time, or that long ago: `24h`. */
function lengthOf(from: string, to: string | undefined): number {
  const endMs = to === undefined ? Date.now() : momentOf(to);
  return Math.max(0, endMs - momentOf(from)) || (UNIT_MS["d"] ?? 0);
}

function momentOf(text: string): number {
  const [, count, unit = ""] = /^(\d+)([mhd])$/.exec(text) ?? [];
  return count === undefined ? Date.parse(text) : Date.now() - Number(count) * (UNIT_MS[unit] ?? 0);
}

function requestsText(count: number): string {
  return count === 1 ? "1 request" : `${count.toLocaleString("en")} requests`;
}
