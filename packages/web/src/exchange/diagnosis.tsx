import { Link } from "@tanstack/react-router";
import type { Diagnosis, Exchange, FailedCheck, Remedy } from "../api/types.ts";
import { ResourceLink } from "../resources/resource-link.tsx";
import styles from "./exchange-content.module.css";

export const PLACES: Readonly<Record<Remedy["where"], string>> = {
  "identity-provider": "At the identity provider",
  endpoint: "In the endpoint's settings",
  server: "On this server",
};

type DiagnosisSectionProps = { readonly exchange: Exchange; readonly diagnosis: Diagnosis };

/** Why a request failed: what was sent, the rule, what to change, and whether it will come again. */
export function DiagnosisSection({ exchange, diagnosis }: DiagnosisSectionProps) {
  const { why, remedies, coveredBy } = diagnosis;
  if (coveredBy !== undefined) {
    return (
      <details className={styles.section}>
        <summary>What was sent, the rule, and whether it is sent again</summary>
        <Circumstances diagnosis={diagnosis} />
      </details>
    );
  }
  return (
    <section className={`${styles.section} ${styles.diagnosis}`} aria-labelledby="diagnosis-heading">
      <h3 id="diagnosis-heading">Why it failed</h3>
      <p>{why}</p>
      <Circumstances diagnosis={diagnosis} />
      {remedies.length > 0 && (
        <>
          <h4>How to fix it</h4>
          <ol className={styles.remedies}>
            {remedies.map((remedy) => (
              <li key={remedy.text}>
                <RemedyPlace remedy={remedy} />
                {remedy.text} <RemedyLink {...{ exchange, remedy }} code={diagnosis.code} />
              </li>
            ))}
          </ol>
        </>
      )}
    </section>
  );
}

function Circumstances({ diagnosis: { sent, rule, retry } }: { readonly diagnosis: Diagnosis }) {
  return (
    <dl className={styles.list}>
      <dt>Sent</dt>
      <dd>{sent}</dd>
      <dt>Rule</dt>
      <dd>
        {rule.text} {rule.section && <RfcLink section={rule.section} />}
      </dd>
      <dt>Sent again?</dt>
      <dd>{retry.text}</dd>
    </dl>
  );
}

function RemedyPlace({ remedy: { where, setting } }: { readonly remedy: Remedy }) {
  return (
    <span className={styles.where}>
      {PLACES[where]}
      {setting && ": "}
      {setting && <code>{setting}</code>}
    </span>
  );
}

type RemedyLinkProps = { readonly exchange: Exchange; readonly remedy: Remedy; readonly code: string };

/** Leads to the view where the remedy is carried out. */
function RemedyLink({ exchange: { endpoint, resources }, remedy: { where, setting }, code }: RemedyLinkProps) {
  const [, check] = /^authentication\.(.*)$/.exec(code) ?? [];
  if (where === "server" && (code === "unavailable" || code === "disk-full")) return <Link to="/storage">Storage</Link>;
  if (endpoint === null) return null;
  const tab = (name: string, text: string) => (
    <Link to="/endpoints/$endpoint" params={{ endpoint }} search={{ tab: name }}>
      {text}
    </Link>
  );
  if (where === "endpoint") {
    return /^(?:schemas|resourceTypes|indexed)$/.test(setting ?? "")
      ? tab("schemas", "Open schemas")
      : tab("settings", "Open settings");
  }
  if (check !== undefined && where === "server") {
    return TRUST_CHECKS.has(check)
      ? tab("trusts", "Open trusted issuers")
      : tab("credentials", "Open tokens and clients");
  }
  const [deleted] = resources;
  if (code === "gone" && where === "server" && deleted !== undefined) {
    return (
      <>
        Open <ResourceLink endpoint={endpoint} resource={deleted} />
      </>
    );
  }
  if (where === "server") return null;
  return (
    <Link to="/endpoints/$endpoint/connect" params={{ endpoint }}>
      {check === undefined ? "Show the base URL and steps" : "Show the base URL, or create a token"}
    </Link>
  );
}

/** Checks of the tokens that other issuers sign. */
const TRUST_CHECKS = new Set(["issuer", "keys", "key", "audience", "tenant", "subject", "signature", "not_before"]);

/** Links "RFC 7644 §3.3" to its section. */
function RfcLink({ section }: { readonly section: string }) {
  const [, number, part] = /^RFC (\d+) §([\d.]+)/.exec(section) ?? [];
  if (number === undefined) return section;
  return (
    <a href={`https://www.rfc-editor.org/rfc/rfc${number}#section-${part}`} target="_blank" rel="noopener noreferrer">
      {section}
    </a>
  );
}

/** Which check of the credential failed. */
export function AuthenticationSection({ check }: { readonly check: FailedCheck }) {
  return (
    <section className={`${styles.section} ${styles.diagnosis}`}>
      <h3>Why authentication failed</h3>
      <dl className={styles.list}>
        <dt>Check</dt>
        <dd>{check.check.replaceAll("_", " ")}</dd>
        <dt>Expected</dt>
        <dd>{check.expected}</dd>
        <dt>Received</dt>
        <dd>{check.received}</dd>
        <dt>Fix</dt>
        <dd>{check.remedy}</dd>
      </dl>
    </section>
  );
}
