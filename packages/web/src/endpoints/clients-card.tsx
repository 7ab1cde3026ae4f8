import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Client } from "../api/types.ts";
import { counted } from "../shared/counted.ts";
import { Loaded } from "../shared/loaded.tsx";
import pageStyles from "../shared/page.module.css";
import { Ago, ExactTime } from "../shared/time.tsx";
import { lengthText } from "../shared/time-text.ts";
import { clientsQuery } from "./access.ts";
import styles from "./endpoints.module.css";
import { Quarantine } from "./quarantine.tsx";

/** How the clients of an endpoint are doing, and whether an identity provider is about to stop provisioning. */
export function ClientsCard({ endpoint }: { readonly endpoint: string }) {
  return (
    <section className={pageStyles.card} aria-label="Clients">
      <p>Who sent requests in the last 24 hours.</p>
      <Loaded query={useQuery(clientsQuery(endpoint))} lines={5}>
        {(clients) =>
          clients.length === 0 ? (
            <p>
              No client has sent a request.{" "}
              <Link to="/endpoints/$endpoint/connect" params={{ endpoint }}>
                Connect an identity provider
              </Link>
            </p>
          ) : (
            clients.map((client) => (
              <ClientFacts key={`${client.credential} ${client.dialect}`} {...{ client, endpoint }} />
            ))
          )
        }
      </Loaded>
    </section>
  );
}

function ClientFacts({ client, endpoint }: { readonly client: Client; readonly endpoint: string }) {
  const { credential, credentialExpires, dialectName, requests, failures, lastSuccess, lastFailures } = client;
  const { cycle, cycleBefore, cycleKind, periodMs, quarantine } = client;
  const search = { endpoint, within: "24h", ...(credential !== null && { credential }) };
  return (
    <article aria-label={dialectName} className={styles.client}>
      <h2>
        {dialectName} <span className={styles.token}>{credential ?? "without a valid token"}</span>
      </h2>
      {quarantine !== null && (
        <Quarantine outlook={quarantine.outlook}>
          {quarantine.reason} {quarantine.remedy}
        </Quarantine>
      )}
      <dl className={pageStyles.facts}>
        <dt>Last 24 hours</dt>
        <dd>
          <Link to="/" {...{ search }}>
            {counted(requests, "request")}
          </Link>
          ,{" "}
          {failures === 0 ? (
            "no failures"
          ) : (
            <Link to="/" search={{ ...search, show: "failures" }}>
              {counted(failures, "failure")}
            </Link>
          )}
        </dd>
        <dt>Last success</dt>
        <dd>{lastSuccess === null ? "none" : <Ago iso={lastSuccess} />}</dd>
        {lastFailures.map(({ kind, status, count, last }) => (
          <Failure key={`${kind} ${status}`} {...{ kind, status, count, last, search }} />
        ))}
        {cycle !== null && (
          <>
            <dt>{cycleKind === "initial" ? "Initial cycle" : "Last cycle"}</dt>
            <dd>
              <CycleText {...{ cycle }} />
              {periodMs !== null && `, every ${lengthText(periodMs)}`}
            </dd>
          </>
        )}
        {cycleBefore !== null && (
          <>
            <dt>Cycle before</dt>
            <dd>
              <CycleText cycle={cycleBefore} />
            </dd>
          </>
        )}
        {credentialExpires !== null && (
          <>
            <dt>Token expires</dt>
            <dd>
              <ExactTime iso={credentialExpires} />
            </dd>
          </>
        )}
      </dl>
    </article>
  );
}

type FailureProps = Client["lastFailures"][number] & { readonly search: { readonly endpoint: string } };

function Failure({ kind, status, count, last, search }: FailureProps) {
  return (
    <>
      <dt>Last {status}</dt>
      <dd>
        <Ago iso={last} />,{" "}
        <Link to="/" search={{ ...search, kind, status: String(status) }}>
          {count.toLocaleString("en")} × {kind.replace(/^failure\./, "failed: ")}
        </Link>
      </dd>
    </>
  );
}

function CycleText({ cycle: { start, requests, failures } }: { readonly cycle: NonNullable<Client["cycle"]> }) {
  return (
    <>
      began <Ago iso={start} />: {counted(requests, "request")},{" "}
      {failures === 0 ? "no failures" : counted(failures, "failure")}
    </>
  );
}
