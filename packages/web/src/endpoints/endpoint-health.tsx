import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { api, dataOf } from "../api/client.ts";
import type { StatisticsBucket } from "../api/types.ts";
import styles from "../shared/page.module.css";
import { Ago } from "../shared/time.tsx";

const REFRESH_MS = 30_000;

/** As Activity shows them. */
const FAILURES = ["warning,error"];
const SUCCESSES = ["2xx"];

/** The newest exchanges, among which the last one of a client is looked for. */
const LOOKED_AT = 20;

/** Whether requests of an endpoint succeed. */
export function EndpointHealth({ endpoint }: { readonly endpoint: string }) {
  const { data } = useQuery({
    queryKey: ["endpoint-health", endpoint],
    refetchInterval: REFRESH_MS,
    queryFn: async ({ signal }) => {
      const count = async (severity: string[]) => {
        const query = { endpoint, from: "24h", severity };
        const { buckets } = await dataOf(api.GET("/api/statistics", { params: { query }, signal }));
        return buckets.reduce((sum, bucket) => sum + bucket.requests - administered(bucket), 0);
      };
      /** Of clients: administrators' own requests say nothing about them. */
      const last = async (filter: { readonly status: string[] } | { readonly severity: string[] }) => {
        const query = { endpoint, ...filter, limit: LOOKED_AT };
        const { exchanges } = await dataOf(api.GET("/api/exchanges", { params: { query }, signal }));
        return exchanges.find(({ dialect }) => dialect !== "manual");
      };
      const [requests, failures, succeeded, failed] = await Promise.all([
        count([]),
        count(FAILURES),
        last({ status: SUCCESSES }),
        last({ severity: FAILURES }),
      ]);
      return { requests, failures, succeeded, failed };
    },
  });
  const { requests = 0, failures = 0, succeeded, failed } = data ?? {};
  return (
    <dl className={styles.facts}>
      <dt>Last 24 hours</dt>
      <dd>
        <Link to="/" search={{ endpoint, within: "24h" }}>
          {requests === 1 ? "1 request" : `${requests.toLocaleString("en")} requests`}
        </Link>
        ,{" "}
        {failures === 0 ? (
          "no failures"
        ) : (
          <Link to="/" search={{ endpoint, within: "24h", show: "failures" }}>
            {failures === 1 ? "1 failure" : `${failures.toLocaleString("en")} failures`}
          </Link>
        )}
      </dd>
      <dt>Last success</dt>
      <dd>{succeeded === undefined ? "none on record" : <Ago iso={succeeded.at} />}</dd>
      <dt>Last failure</dt>
      <dd>
        {failed === undefined ? (
          "none on record"
        ) : (
          <Link to="/" search={{ endpoint, exchange: String(failed.id) }}>
            <Ago iso={failed.at} />
          </Link>
        )}
      </dd>
    </dl>
  );
}

/** Changes of the endpoint itself. */
function administered({ kinds }: StatisticsBucket): number {
  const counts = Object.entries(kinds).filter(([kind]) => /^(?:endpoint|credential|trust)\./.test(kind));
  return counts.reduce((sum, [, count]) => sum + count, 0);
}
