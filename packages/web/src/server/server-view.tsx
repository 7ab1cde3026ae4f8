import { useQuery } from "@tanstack/react-query";
import { isReportedElsewhere, messageOf } from "../api/problem.ts";
import { sessionQuery, versionQuery } from "../api/queries.ts";
import styles from "../shared/page.module.css";
import { ProblemCard } from "../shared/problem-card.tsx";
import { ExactTime, lengthText } from "../shared/time.tsx";
import { useTitle } from "../shared/title.ts";

const CHANGELOG = "https://github.com/kayasax/SCIMTool/blob/main/CHANGELOG.md";

export function ServerView() {
  const { data, error, refetch } = useQuery(versionQuery);
  const { data: session } = useQuery(sessionQuery);
  useTitle("Server");
  if (error !== null && data === undefined && !isReportedElsewhere(error)) {
    return <ProblemCard text={messageOf(error)} onRetry={() => void refetch()} />;
  }
  return (
    <div className={styles.page}>
      <h1 tabIndex={-1}>Server</h1>
      <div className={styles.cards}>
        {data !== undefined && (
          <section className={styles.card} aria-label="Version">
            <h2>Version</h2>
            <dl className={styles.facts}>
              <dt>SCIMTool</dt>
              <dd>{data.version}</dd>
              <dt>Node.js</dt>
              <dd>{data.node}</dd>
              <dt>SQLite</dt>
              <dd>{data.sqlite}</dd>
              <dt>Running for</dt>
              <dd>{lengthText(data.uptimeMs)}</dd>
              <dt>Recording</dt>
              <dd>{data.recording === null ? "unknown" : data.recording ? "on" : "off"}</dd>
            </dl>
            {data.newerVersion !== null && (
              <p>
                SCIMTool {data.newerVersion} is available.{" "}
                <a href={CHANGELOG} target="_blank" rel="noopener noreferrer">
                  See what changes
                </a>
              </p>
            )}
          </section>
        )}
        {session != null && (
          <section className={styles.card} aria-label="Your session">
            <h2>Your session</h2>
            <dl className={styles.facts}>
              <dt>Role</dt>
              <dd>{session.role === "admin" ? "Administrator" : "Viewer"}</dd>
              <dt>Ends</dt>
              <dd>{session.expires === null ? "never" : <ExactTime iso={session.expires} />}</dd>
            </dl>
          </section>
        )}
        <section className={styles.card} aria-label="API">
          <h2>API</h2>
          <p>
            Everything on this page is also an HTTP API. <a href="/api/docs">Read and try it</a>, or download its{" "}
            <a href="/api/openapi.json">OpenAPI document</a>.
          </p>
        </section>
      </div>
    </div>
  );
}
