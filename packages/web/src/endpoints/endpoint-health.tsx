import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { api, dataOf } from "../api/client.ts";
import styles from "../shared/page.module.css";
import { Ago } from "../shared/time.tsx";

const REFRESH_MS = 30_000;

/** As Activity shows them. */
const FAILURES = ["warning,error"];
const SUCCESSES = ["2xx"];

/** Whether requests of an endpoint succeed. */
export function EndpointHealth({ endpoint }: { readonly endpoint: string }) {
  const { data } = useQuery({
    queryKey: ["endpoint-health", endpoint],
    refetchInterval: REFRESH_MS,
    queryFn: async ({ signal }) => {
      const count = async (severity: string[]) => {
        const query = { endpoint, from: "24h", severity };
        const { buckets } = await dataOf(api.GET("/api/statistics", { params: { query }, signal }));
        return buckets.reduce((sum, bucket) => sum + bucket.requests, 0);
      };
      const [requests, failures, succeeded, failed] = await Promise.all([
        count([]),
        count(FAILURES),
        dataOf(api.GET("/api/exchanges", { params: { query: { endpoint, status: SUCCESSES, limit: 1 } }, signal })),
        dataOf(api.GET("/api/exchanges", { params: { query: { endpoint, severity: FAILURES, limit: 1 } }, signal })),
      ]);
      return {
        requests,
        failures,
        succeeded: succeeded.exchanges[0]?.at,
        failed: failed.exchanges[0],
      };
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
      <dd>{succeeded === undefined ? "none on record" : <Ago iso={succeeded} />}</dd>
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
