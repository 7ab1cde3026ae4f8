import { useQueries } from "@tanstack/react-query";
import { isWrite } from "../activity/kind-icon.tsx";
import { versionsQuery } from "../api/queries.ts";
import type { Exchange, HistoryEntry } from "../api/types.ts";
import { ChangesTable, changeRows } from "../resources/changes-table.tsx";
import { Skeleton } from "../shared/loaded.tsx";
import { shortText } from "../shared/short-text.ts";
import styles from "./exchange-content.module.css";

/** Resources of a bulk request whose changes are shown. */
const MAX_RESOURCES = 20;

/** What an exchange changed, from the history of the resources that it wrote. */
export function ExchangeChanges({ exchange }: { readonly exchange: Exchange }) {
  const { id, endpoint, details } = exchange;
  const written = endpoint === null || details.changes !== undefined ? [] : writtenBy(exchange);
  const { isPending, entries } = useQueries({
    queries: written.map((resource) => versionsQuery(endpoint ?? "", resource)),
    combine: (results) => ({
      isPending: results.some((result) => result.isPending),
      entries: results.flatMap(({ data = [] }) => data.filter((entry) => entry.exchange === id)),
    }),
  });
  if (isPending) {
    return (
      <div className={styles.loading}>
        <Skeleton lines={3} />
      </div>
    );
  }
  const changed = entries.map((entry) => ({ entry, rows: rowsOf(entry) })).filter(({ rows }) => rows.length > 0);
  if (details.changes === undefined && changed.length === 0) return null;
  return (
    <section className={styles.section}>
      <h3>What changed</h3>
      {details.changes !== undefined && <ChangesTable rows={changeRows([], details.changes)} />}
      {changed.map(({ entry, rows }) => (
        <div key={entry.key}>
          {written.length > 1 && <h4>{shortText(entry.resource.label)}</h4>}
          <ChangesTable rows={rows} />
        </div>
      ))}
    </section>
  );
}

/** IDs of the resources that may have changed: the first is the main one, others are its members. */
function writtenBy({ path, sentences, resources }: Exchange): readonly string[] {
  if (!sentences.some(({ kind }) => isWrite(kind))) return [];
  const ids = [...new Set(resources.map((resource) => resource.id))];
  return ids.slice(0, path.startsWith("/Bulk") ? MAX_RESOURCES : 1);
}

/** What was created or deleted stands in the request. */
function rowsOf({ action, changes, sentences }: HistoryEntry) {
  if (action === "create" || action === "delete") return [];
  return changeRows(
    changes,
    sentences.flatMap(({ attributes }) => attributes),
  );
}
