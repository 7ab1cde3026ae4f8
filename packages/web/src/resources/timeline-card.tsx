import { Button } from "@fluentui/react-components";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { KindIcon } from "../activity/kind-icon.tsx";
import { SentenceText } from "../activity/sentence-text.tsx";
import type { ExchangeSummary, ScimResource, TimelineEntry } from "../api/types.ts";
import { Skeleton } from "../shared/loaded.tsx";
import pageStyles from "../shared/page.module.css";
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
  /** Requests that failed or did harm. */
  readonly exchanges: readonly ExchangeSummary[];
  readonly total: number | undefined;
  /** undefined if nothing is older. */
  readonly onOlder: (() => void) | undefined;
};

/**
 * What concerns a resource, the newest first: its own versions, those of its groups, and requests that failed or did
 * harm.
 */
export function TimelineCard({ endpoint, id, current, entries, exchanges, total, onOlder }: TimelineCardProps) {
  const [revision, setRevision] = useState<number>();
  const own = entries.filter(({ role, action }) => role === "own" && action !== "delete");
  const revisions = [...new Set(own.map((entry) => entry.revision))];
  return (
    <section className={pageStyles.card} aria-labelledby="timeline-heading">
      <div className={styles.cardHead}>
        <h2 id="timeline-heading">
          History <span className={styles.count}>{total?.toLocaleString("en")}</span>
        </h2>
      </div>
      {total === 0 && exchanges.length === 0 && <p className={styles.soft}>There is no history on record.</p>}
      {total === undefined && <Skeleton lines={10} />}
      <ol className={styles.timeline}>
        {inOrder(entries, exchanges).map(({ entry, exchange }) =>
          entry === undefined ? (
            exchange !== undefined && <Request key={exchange.id} exchange={exchange} />
          ) : (
            <Entry key={`${entry.key} ${entry.resource.id}`} {...{ entry, exchange }} onVersion={setRevision} />
          ),
        )}
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

type TimelineItem = {
  readonly at: string;
  readonly entry?: TimelineEntry;
  /** The request that made the entry, if it did harm; or one that wrote nothing. */
  readonly exchange?: ExchangeSummary | undefined;
};

/** The newest first. */
function inOrder(entries: readonly TimelineEntry[], exchanges: readonly ExchangeSummary[]): TimelineItem[] {
  const byId = new Map(exchanges.map((exchange) => [exchange.id, exchange]));
  const written = new Set(entries.map(({ exchange }) => exchange));
  const others = [...byId.values()].filter(({ id }) => !written.has(id));
  const items: TimelineItem[] = [
    ...entries.map((entry) => ({ at: entry.at, entry, exchange: byId.get(entry.exchange ?? 0) })),
    ...others.map((exchange) => ({ at: exchange.at, exchange })),
  ];
  // Entries of the same moment keep their order.
  return items.sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
}

/** A request that wrote nothing. */
function Request({ exchange }: { readonly exchange: ExchangeSummary }) {
  const { id, at, method, path, status, severity, sentences, resources, dialectName } = exchange;
  const [first] = sentences;
  return (
    <li className={styles.entry}>
      <KindIcon severity={severity} kind={first?.kind ?? ""} />
      <div className={styles.entryText}>
        <p>
          {first === undefined ? (
            `${method} ${path}: ${status}`
          ) : (
            <SentenceText text={first.text} resources={resources} />
          )}
        </p>
        <Findings exchange={exchange} />
        <p className={styles.entryFacts}>
          <Ago iso={at} />
          <span>{dialectName}</span>
          <Link to="/" search={{ exchange: String(id) }}>
            Request
          </Link>
        </p>
      </div>
    </li>
  );
}

function Findings({ exchange }: { readonly exchange: ExchangeSummary | undefined }) {
  return exchange?.findings.map(({ kind, sentence }) => (
    <p key={kind} className={styles.warning}>
      {sentence}
    </p>
  ));
}

type EntryProps = Pick<TimelineItem, "exchange"> & {
  readonly entry: TimelineEntry;
  readonly onVersion: (revision: number) => void;
};

function Entry({ entry, exchange: harmful, onVersion }: EntryProps) {
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
        <Findings exchange={harmful} />
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
