import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Client } from "../api/types.ts";
import { counted } from "../shared/counted.ts";
import { Loaded } from "../shared/loaded.tsx";
import styles from "../shared/page.module.css";
import { Ago } from "../shared/time.tsx";
import { clientsQuery } from "./access.ts";
import { Quarantine } from "./quarantine.tsx";

/** Whether the requests of an endpoint's clients succeed. */
export function EndpointHealth({ endpoint }: { readonly endpoint: string }) {
  return (
    <Loaded query={useQuery(clientsQuery(endpoint))} lines={3}>
      {(clients) => (
        // Administrators' own requests say nothing about the clients.
        <Health endpoint={endpoint} clients={clients.filter(({ dialect }) => dialect !== "manual")} />
      )}
    </Loaded>
  );
}

function Health({ endpoint, clients }: { readonly endpoint: string; readonly clients: readonly Client[] }) {
  const failures = sum(clients, "failures");
  const succeeded = newest(clients.map(({ lastSuccess }) => lastSuccess));
  const failed = newest(clients.flatMap(({ lastFailures }) => lastFailures.map(({ last }) => last)));
  return (
    <>
      <dl className={styles.facts}>
        <dt>Last 24 hours</dt>
        <dd>
          <Link to="/" search={{ endpoint, within: "24h" }}>
            {counted(sum(clients, "requests"), "request")}
          </Link>
          ,{" "}
          {failures === 0 ? (
            "no failures"
          ) : (
            <Link to="/" search={{ endpoint, within: "24h", show: "failures" }}>
              {counted(failures, "failure")}
            </Link>
          )}
        </dd>
        <dt>Last success</dt>
        <dd>{succeeded === undefined ? "–" : <Ago iso={succeeded} />}</dd>
        <dt>Last failure</dt>
        <dd>{failed === undefined ? "–" : <Ago iso={failed} />}</dd>
      </dl>
      {clients.map(
        ({ credential, dialect, quarantine }) =>
          quarantine !== null &&
          quarantine.outlook !== "none" && (
            <Link
              key={`${credential} ${dialect}`}
              to="/endpoints/$endpoint"
              params={{ endpoint }}
              search={{ tab: "clients" }}
            >
              <Quarantine outlook={quarantine.outlook} />
            </Link>
          ),
      )}
    </>
  );
}

function sum(clients: readonly Client[], member: "requests" | "failures"): number {
  return clients.reduce((total, client) => total + client[member], 0);
}

/** Times of the server are compared as texts. */
function newest(times: readonly (string | null)[]): string | undefined {
  return times
    .filter((time) => time !== null)
    .sort()
    .at(-1);
}
