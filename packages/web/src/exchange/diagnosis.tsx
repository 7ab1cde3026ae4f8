import { Link } from "@tanstack/react-router";
import type { Diagnosis, FailedCheck, Remedy } from "../api/types.ts";
import styles from "./exchange-content.module.css";

const PLACES: Readonly<Record<Remedy["where"], string>> = {
  "identity-provider": "At the identity provider",
  endpoint: "In the endpoint's settings",
  server: "On this server",
};

type DiagnosisSectionProps = { readonly diagnosis: Diagnosis; readonly endpoint: string | null };

/** Why a request failed: what was sent, the rule, what to change, and whether it will come again. */
export function DiagnosisSection({ diagnosis: { sent, rule, why, remedies, retry }, endpoint }: DiagnosisSectionProps) {
  return (
    <section className={`${styles.section} ${styles.diagnosis}`} aria-labelledby="diagnosis-heading">
      <h3 id="diagnosis-heading">Why it failed</h3>
      <p>{why}</p>
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
      {remedies.length > 0 && (
        <>
          <h4>How to fix it</h4>
          <ol className={styles.remedies}>
            {remedies.map((remedy) => (
              <li key={remedy.text}>
                <RemedyPlace remedy={remedy} endpoint={endpoint} />
                {remedy.text}
              </li>
            ))}
          </ol>
        </>
      )}
    </section>
  );
}

function RemedyPlace({
  remedy: { where, setting },
  endpoint,
}: {
  readonly remedy: Remedy;
  readonly endpoint: string | null;
}) {
  return (
    <span className={styles.where}>
      {PLACES[where]}
      {setting && ": "}
      {setting && <code>{setting}</code>}
      {where === "endpoint" && endpoint !== null && (
        <>
          {" · "}
          <Link to="/endpoints/$endpoint" params={{ endpoint }} search={{ tab: "settings" }}>
            Open settings
          </Link>
        </>
      )}
      {where === "identity-provider" && endpoint !== null && (
        <>
          {" · "}
          <Link to="/endpoints/$endpoint/connect" params={{ endpoint }}>
            Connection details
          </Link>
        </>
      )}
    </span>
  );
}

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
