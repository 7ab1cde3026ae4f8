import { Button } from "@fluentui/react-components";
import { useInfiniteQuery } from "@tanstack/react-query";
import { isReportedElsewhere, messageOf } from "../api/problem.ts";
import { deletedQuery } from "../api/queries.ts";
import { ProblemCard } from "../shared/problem-card.tsx";
import { Ago } from "../shared/time.tsx";
import { ResourceLink } from "./resource-link.tsx";
import styles from "./resources.module.css";
import { useTypeView } from "./use-type-view.ts";

type DeletedListProps = { readonly endpoint: string; readonly type: string };

/** Deleted resources, the last one first. Their pages offer to restore them. */
export function DeletedList({ endpoint, type }: DeletedListProps) {
  const found = useInfiniteQuery(deletedQuery(endpoint, useTypeView(endpoint, type).view.type));
  if (found.error !== null && !isReportedElsewhere(found.error)) {
    return <ProblemCard text={messageOf(found.error)} onRetry={() => void found.refetch()} />;
  }
  const entries = found.data?.pages.flatMap((page) => page.entries) ?? [];
  const total = found.data?.pages[0]?.total;
  if (total === 0)
    return (
      <div className={styles.empty}>
        No deleted {type.toLowerCase()} on record. They appear here while their history is kept, and can be restored.
      </div>
    );
  return (
    <>
      {total !== undefined && <p className={styles.count}>{total.toLocaleString("en")} deleted, the last one first</p>}
      <ul className={styles.deleted} aria-label={`Deleted ${type.toLowerCase()}`}>
        {entries.map(({ key, resource, at, actor }) => (
          <li key={key}>
            <ResourceLink endpoint={endpoint} resource={resource} />
            <span>
              <Ago iso={at} />
              {actor.dialectName !== "" && ` by ${actor.dialectName}`}
            </span>
          </li>
        ))}
      </ul>
      {found.hasNextPage && (
        <Button disabledFocusable={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
          Load more
        </Button>
      )}
    </>
  );
}
