import type { ReactNode } from "react";
import type { Filter } from "../activity/filter.ts";
import { clientFilter } from "../activity/query-text.ts";
import type { Exchange, ExchangeDetails } from "../api/types.ts";
import { ResourceLink } from "../resources/resource-link.tsx";
import { DurationBar } from "./duration-bar.tsx";
import styles from "./exchange-content.module.css";
import factStyles from "./exchange-facts.module.css";

/** Of a group's many members, the first are linked. */
const MAX_RESOURCES = 20;

type ExchangeFactsProps = { readonly exchange: Exchange; readonly onFilter: (filter: Filter) => void };

/** Everything known about an exchange besides its messages. Values with a frame select exchanges like this one. */
export function ExchangeFacts({ exchange, onFilter }: ExchangeFactsProps) {
  const { details, resources, endpoint, dialectName, credential, method, status } = exchange;
  const { authentication, evidence = [], notes = [] } = details;
  const filter = (text: string, wanted: Filter) => <FilterValue text={text} onClick={() => onFilter(wanted)} />;
  return (
    <section className={styles.section}>
      <h3>Details</h3>
      <dl className={styles.list}>
        <Fact label="Client">
          {filter(dialectName, clientFilter(exchange))}
          {evidence.length > 0 && <Evidence evidence={evidence} />}
        </Fact>
        <Fact label="Signed in with">
          {authentication !== undefined
            ? `nothing (the ${authentication.check.replaceAll("_", " ")} check failed)`
            : credential === null
              ? "no credential"
              : filter(credential, { credential })}
        </Fact>
        <Fact label="Endpoint">{endpoint === null ? "none" : filter(endpoint, { endpoint })}</Fact>
        <Fact label="Method and status">
          {filter(method, { method })} {filter(String(status), { status: String(status) })}
        </Fact>
        {resources.length > 0 && (
          <Fact label="Resources">
            <ResourceLinks exchange={exchange} />
          </Fact>
        )}
        {notes.length > 0 && (
          <Fact label="Tolerated">
            <Notes notes={notes} />
          </Fact>
        )}
        <Fact label="Duration">
          <DurationBar exchange={exchange} />
        </Fact>
        <Fact label="Address">
          <code>{exchange.clientAddress}</code>
        </Fact>
        <Fact label="Request ID">{filter(exchange.requestId, { requestId: exchange.requestId })}</Fact>
        <Fact label="User agent">{exchange.userAgent === "" ? "none" : <code>{exchange.userAgent}</code>}</Fact>
      </dl>
    </section>
  );
}

function Fact({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </>
  );
}

function FilterValue({ text, onClick }: { readonly text: string; readonly onClick: () => void }) {
  return (
    <button type="button" className={factStyles.value} title={`Show only ${text}`} onClick={onClick}>
      {text}
    </button>
  );
}

function Evidence({ evidence }: { readonly evidence: readonly string[] }) {
  return (
    <details className={factStyles.evidence}>
      <summary>How we know</summary>
      <ul>
        {evidence.map((text) => (
          <li key={text}>{text}</li>
        ))}
      </ul>
    </details>
  );
}

/** What was accepted beyond the RFCs. */
function Notes({ notes }: { readonly notes: NonNullable<ExchangeDetails["notes"]> }) {
  return (
    <ul>
      {notes.map(({ code, ...members }) => {
        const words = Object.values(members).filter((value) => typeof value === "string" && value !== "");
        return (
          <li key={`${code} ${words.join(" ")}`}>
            <code>{code}</code> {words.join(", ")}
          </li>
        );
      })}
    </ul>
  );
}

function ResourceLinks({ exchange: { endpoint, resources } }: { readonly exchange: Exchange }) {
  const left = resources.length - MAX_RESOURCES;
  return (
    <ul className={factStyles.resources}>
      {resources.slice(0, MAX_RESOURCES).map((resource) => (
        <li key={`${resource.type} ${resource.id}`}>
          <ResourceLink endpoint={endpoint} resource={resource} />
        </li>
      ))}
      {left > 0 && <li>and {left.toLocaleString("en")} more</li>}
    </ul>
  );
}
