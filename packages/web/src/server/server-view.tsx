import { useQuery } from "@tanstack/react-query";
import { versionQuery } from "../api/queries.ts";
import type { ServerVersion } from "../api/types.ts";
import { Loaded } from "../shared/loaded.tsx";
import styles from "../shared/page.module.css";
import { lengthText } from "../shared/time-text.ts";
import { useTitle } from "../shared/title.ts";
import { AuditCard } from "./audit-card.tsx";
import { LoadCard } from "./load-card.tsx";
import ownStyles from "./server.module.css";
import { SessionsCard } from "./sessions-card.tsx";
import { SettingsCard } from "./settings-card.tsx";

const REPOSITORY = "https://github.com/kayasax/SCIMTool/blob/main";

const GUIDES: readonly (readonly [file: string, label: string])[] = [
  ["connect", "Connect Entra ID or Okta"],
  ["endpoints", "Endpoints"],
  ["credentials", "Credentials"],
  ["monitor", "Activity and history"],
  ["backup", "Backup and restore"],
  ["settings", "Settings"],
  ["upgrade", "Upgrade"],
];

export function ServerView() {
  const query = useQuery(versionQuery);
  useTitle("Server");
  return (
    <div className={styles.page}>
      <h1 tabIndex={-1}>Server</h1>
      <div className={styles.cards}>
        <section className={styles.card} aria-label="Version">
          <h2>Version</h2>
          <Loaded query={query} lines={5}>
            {(version) => <Version version={version} />}
          </Loaded>
        </section>
        <LoadCard />
        <div className={ownStyles.column}>
          <SessionsCard />
          <section className={styles.card} aria-label="API and guides">
            <h2>API</h2>
            <p>
              Everything on this page is also an HTTP API. <a href="/api/docs">Read and try it</a>, or download its{" "}
              <a href="/api/openapi.json">OpenAPI document</a>.
            </p>
            <h2>Guides</h2>
            <ul className={ownStyles.guides}>
              {GUIDES.map(([file, label]) => (
                <li key={file}>
                  <a href={`${REPOSITORY}/docs/${file}.md`} target="_blank" rel="noopener noreferrer">
                    {label}
                  </a>
                </li>
              ))}
            </ul>
          </section>
        </div>
        <AuditCard />
        <SettingsCard />
      </div>
    </div>
  );
}

function Version({ version: server }: { readonly version: ServerVersion }) {
  const { version, node, sqlite, postgres, uptimeMs, recording, newerVersion } = server;
  return (
    <>
      <dl className={styles.facts}>
        <dt>SCIMTool</dt>
        <dd>{version}</dd>
        <dt>Node.js</dt>
        <dd>{node}</dd>
        <dt>{postgres === null ? "SQLite" : "PostgreSQL"}</dt>
        <dd>{postgres ?? sqlite}</dd>
        <dt>Running for</dt>
        <dd>{lengthText(uptimeMs)}</dd>
        <dt>Recording</dt>
        <dd>{recording === null ? "unknown" : recording ? "on" : "off"}</dd>
      </dl>
      {newerVersion !== null && (
        <p>
          SCIMTool {newerVersion} is available.{" "}
          <a href={`${REPOSITORY}/CHANGELOG.md`} target="_blank" rel="noopener noreferrer">
            See what changes
          </a>
        </p>
      )}
    </>
  );
}
