import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api, dataOf } from "../api/client.ts";
import type { StatisticsBucket } from "../api/types.ts";
import { clockText, spanText } from "../shared/time.tsx";
import styles from "./activity-chart.module.css";
import { apiQuery, type Filter, filterKey } from "./filter.ts";

const REFRESH_MS = 30_000;

/** Length of the bars by how far back the filter goes. */
const BUCKETS: Readonly<Record<string, "1m" | "5m" | "1h" | "1d">> = {
  "15m": "1m",
  "1h": "1m",
  "24h": "1h",
  "7d": "1h",
  "30d": "1d",
};

const BUCKET_MS = { "1m": 60_000, "5m": 300_000, "1h": 3_600_000, "1d": 86_400_000 };

type ActivityChartProps = { readonly filter: Filter; readonly onChange: (filter: Filter) => void };

/** Requests over time. A click on a bar shows only that time. */
export function ActivityChart({ filter, onChange }: ActivityChartProps) {
  const within = filter.within ?? "24h";
  const bucket = BUCKETS[within] ?? "1h";
  const { data: buckets } = useQuery({
    queryKey: ["statistics", filterKey(filter)],
    refetchInterval: REFRESH_MS,
    placeholderData: keepPreviousData,
    enabled: filter.from === undefined,
    queryFn: async ({ signal }) => {
      const query = { ...apiQuery(filter), from: within, bucket };
      return (await dataOf(api.GET("/api/statistics", { params: { query }, signal }))).buckets;
    },
  });
  if (filter.from !== undefined) return null;
  const most = Math.max(1, ...(buckets ?? []).map(({ requests }) => requests));
  const { within: _, ...others } = filter;
  const select = ({ start }: StatisticsBucket) => {
    const to = new Date(Date.parse(start) + BUCKET_MS[bucket]).toISOString();
    onChange({ ...others, from: start, to });
  };
  return (
    <figure className={styles.chart} aria-label="Requests over time">
      <div className={styles.bars}>
        {buckets?.map((each) => (
          <Bar key={each.start} bucket={each} most={most} onClick={() => select(each)} />
        ))}
      </div>
      <figcaption className={styles.axis}>
        <span>{buckets?.[0] !== undefined && axisText(buckets[0].start, bucket)}</span>
        <Totals buckets={buckets ?? []} />
        <span>now</span>
      </figcaption>
    </figure>
  );
}

type BarProps = { readonly bucket: StatisticsBucket; readonly most: number; readonly onClick: () => void };

function Bar({ bucket, most, onClick }: BarProps) {
  const { start, requests, refused, failed } = bucket;
  const height = (count: number) => ({ height: `${(100 * count) / most}%`, minHeight: count > 0 ? 2 : 0 });
  return (
    <button
      type="button"
      tabIndex={-1}
      className={styles.bar}
      disabled={requests === 0}
      title={`From ${spanText(new Date(start))}: ${requests} requests, ${refused} refused, ${failed} failed`}
      onClick={onClick}
    >
      <span className={styles.failed} style={height(failed)} />
      <span className={styles.refused} style={height(refused)} />
      <span className={styles.fine} style={height(requests - refused - failed)} />
    </button>
  );
}

function Totals({ buckets }: { readonly buckets: readonly StatisticsBucket[] }) {
  const sum = (of: (bucket: StatisticsBucket) => number) =>
    buckets.reduce((total, bucket) => total + of(bucket), 0).toLocaleString("en");
  return (
    <span className={styles.totals}>
      <span>{sum(({ requests }) => requests)} requests</span>
      <span>
        <i className={styles.refused} /> {sum(({ refused }) => refused)} refused
      </span>
      <span>
        <i className={styles.failed} /> {sum(({ failed }) => failed)} failed
      </span>
    </span>
  );
}

function axisText(start: string, bucket: string): string {
  const moment = new Date(start);
  return bucket === "1m" ? clockText(moment) : spanText(moment);
}
