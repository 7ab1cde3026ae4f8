import { Button } from "@fluentui/react-components";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { KindIcon } from "../activity/kind-icon.tsx";
import { SentenceText } from "../activity/sentence-text.tsx";
import type { ScimResource, TimelineEntry } from "../api/types.ts";
import { shortText } from "../shared/short-text.ts";
import { Ago } from "../shared/time.tsx";
import { ChangesTable, changeRows } from "./changes-table.tsx";
import styles from "./resource.module.css";

const VersionDialog = lazy(async () => ({ default: (await import("./version-dialog.tsx")).VersionDialog }));

type TimelineCardProps = {
  readonly endpoint: string;
  readonly id: string;
  readonly current: ScimResource | undefined;
  readonly entries: readonly TimelineEntry[];
  readonly total: number | undefined;
  /** undefined if nothing is older. */
  readonly onOlder: (() => void) | undefined;
};

/** Every write that concerns a resource, the newest first: its own versions, and those of its groups. */
export function TimelineCard({ endpoint, id, current, entries, total, onOlder }: TimelineCardProps) {
  const [revision, setRevision] = useState<number>();
  const own = entries.filter(({ role, action }) => role === "own" && action !== "delete");
  const revisions = [...new Set(own.map((entry) => entry.revision))];
  return (
    <section className={styles.card} aria-labelledby="timeline-heading">
      <div className={styles.cardHead}>
        <h2 id="timeline-heading">
          History <span className={styles.count}>{total?.toLocaleString("en")}</span>
        </h2>
      </div>
      {total === 0 && <p className={styles.soft}>There is no history on record.</p>}
      <ol className={styles.timeline}>
        {entries.map((entry) => (
          <Entry key={`${entry.key} ${entry.resource.id}`} entry={entry} onVersion={setRevision} />
        ))}
      </ol>
      {onOlder !== undefined && <Button onClick={onOlder}>Load older</Button>}
      <Suspense fallback={null}>
        {revision !== undefined && (
          <VersionDialog
            {...{ endpoint, id, revision, revisions }}
            isThere={current !== undefined}
            onClose={() => setRevision(undefined)}
          />
        )}
      </Suspense>
    </section>
  );
}

type EntryProps = { readonly entry: TimelineEntry; readonly onVersion: (revision: number) => void };

function Entry({ entry, onVersion }: EntryProps) {
  const { sentences, resource, revision, action, at, exchange, actor, changes, role } = entry;
  const isOwn = role === "own";
  const named = sentences.flatMap(({ attributes }) => attributes);
  const rows = isOwn && action !== "create" && action !== "delete" ? changeRows(changes, named) : [];
  const who = [actor.dialectName, actor.credential === null ? "" : `“${actor.credential}”`].filter(Boolean).join(", ");
  return (
    <li className={styles.entry}>
      <KindIcon severity="notice" kind={sentences[0]?.kind ?? KINDS[action]} />
      <div className={styles.entryText}>
        {sentences.map(({ text }) => (
          <p key={text}>
            <SentenceText text={text} resources={[resource]} />
          </p>
        ))}
        {sentences.length === 0 && <p>{`${shortText(resource.label)}: ${action}`}</p>}
        <p className={styles.entryFacts}>
          <Ago iso={at} />
          {who !== "" && <span>{who}</span>}
          {exchange !== null && (
            <Link to="/" search={{ exchange: String(exchange) }}>
              Request
            </Link>
          )}
          {isOwn && action !== "delete" && (
            <button type="button" className={styles.version} onClick={() => onVersion(revision)}>
              Version {revision}
            </button>
          )}
        </p>
        {rows.length > 0 && (
          <details className={styles.changed}>
            <summary>What changed</summary>
            <ChangesTable rows={rows} />
          </details>
        )}
      </div>
    </li>
  );
}

const KINDS: Readonly<Record<TimelineEntry["action"], string>> = {
  create: ".created",
  recreate: ".created",
  restore: ".reactivated",
  delete: ".deleted",
  replace: ".changed",
  modify: ".changed",
};
