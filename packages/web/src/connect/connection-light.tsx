import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { api, dataOf } from "../api/client.ts";
import type { ExchangeSummary } from "../api/types.ts";
import { ClockTime } from "../shared/time.tsx";
import styles from "./connect.module.css";

/** How often the light looks for requests. */
const LOOK_MS = 2_000;

/** Requests of administrators are among them. */
const LOOK_AT = 20;

/** Turns green with the first request of an identity provider, and explains what is wrong if it failed. */
export function ConnectionLight() {
  const [since] = useState(() => new Date().toISOString());
  const { data } = useQuery({
    queryKey: ["connection", since],
    refetchInterval: LOOK_MS,
    queryFn: async ({ signal }) => {
      const query = { from: since, limit: LOOK_AT };
      const { exchanges } = await dataOf(api.GET("/api/exchanges", { params: { query }, signal }));
      return (exchanges as readonly ExchangeSummary[]).find(({ path }) => !path.startsWith("/api/")) ?? null;
    },
  });
  // Reads of unknown IDs are answered with 404, and are part of some tests.
  const isFailed = data != null && data.severity === "error";
  const state = data == null ? "waiting" : isFailed ? "failed" : "ok";
  return (
    <div className={styles.light} data-state={state} role="status">
      <span className={styles.dot} aria-hidden="true" />
      {data == null ? (
        <p>
          <strong>Waiting for the connection test.</strong> This light turns green when a request arrives.
        </p>
      ) : (
        <Result exchange={data} isFailed={isFailed} />
      )}
    </div>
  );
}

function Result({ exchange, isFailed }: { readonly exchange: ExchangeSummary; readonly isFailed: boolean }) {
  const { id, at, method, path, sentences, details } = exchange;
  const { diagnosis, authentication } = details;
  const fixes = diagnosis?.remedies.map(({ text }) => text) ?? (authentication ? [authentication.remedy] : []);
  return (
    <div>
      <p>
        <strong>{isFailed ? "A request arrived, but it failed." : "The connection works."}</strong>{" "}
        {sentences[0]?.text ?? `${method} ${path}`} (<ClockTime iso={at} />
        ).
      </p>
      {isFailed && diagnosis !== undefined && <p>{diagnosis.why}</p>}
      {isFailed && fixes.map((fix) => <p key={fix}>{fix}</p>)}
      <Link to="/" search={{ exchange: String(id) }}>
        Show the request
      </Link>
    </div>
  );
}
