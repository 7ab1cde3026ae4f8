import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { isReportedElsewhere, messageOf } from "../api/problem.ts";
import { resourceQuery, stateQuery, timelineQuery } from "../api/queries.ts";
import type { ExchangeSummary, ScimResource, TimelineEntry } from "../api/types.ts";
import { Skeleton } from "../shared/loaded.tsx";
import pageStyles from "../shared/page.module.css";
import { ProblemCard } from "../shared/problem-card.tsx";
import { shortText } from "../shared/short-text.ts";
import { useTitle } from "../shared/title.ts";
import { AttributesCard } from "./attributes-card.tsx";
import { isCollection } from "./definition.ts";
import { GroupsCard } from "./groups-card.tsx";
import { MembersCard } from "./members-card.tsx";
import styles from "./resource.module.css";
import { ResourceHead } from "./resource-head.tsx";
import { nameOfResource } from "./resource-name.ts";
import { TimelineCard } from "./timeline-card.tsx";
import { useTypeView } from "./use-type-view.ts";

const route = getRouteApi("/endpoints/$endpoint/$type/$id");

/** A resource follows what identity providers change. */
const REFRESH_MS = 5_000;

/** One user or group, also after it was deleted: attributes, memberships, everything that happened to it. */
export function ResourceView() {
  const { endpoint, type, id } = route.useParams();
  const { view, definition } = useTypeView(endpoint, type);
  const members = definition?.attributes.find(isCollection);
  const hasGroups = definition?.attributes.some(
    ({ name, mutability }) => name === "groups" && mutability === "readOnly",
  );
  const current = useQuery({ ...resourceQuery(endpoint, type, id), refetchInterval: REFRESH_MS });
  const timeline = useInfiniteQuery({ ...timelineQuery(endpoint, id), refetchInterval: REFRESH_MS });
  const entries = timeline.data?.pages.flatMap((page) => page.entries) ?? [];
  const exchanges = (timeline.data?.pages.flatMap((page) => page.exchanges) ?? []) as readonly ExchangeSummary[];
  const deletion = current.data === null ? deletionOf(entries, id) : undefined;
  const revision = deletion?.revision ?? 0;
  const former = useQuery({ ...stateQuery(endpoint, id, revision), enabled: deletion !== undefined });
  const shown = current.data ?? ((former.data?.resource ?? undefined) as ScimResource | undefined);
  const name =
    shown === undefined ? (deletion?.resource.label ?? id) : nameOfResource({ ...shown, id }, view.nameAttribute);
  useTitle(shortText(name));

  const error = (current.data === undefined && current.error) || (timeline.data === undefined && timeline.error);
  if (error && !current.data && !isReportedElsewhere(error)) {
    const retry = () => void Promise.all([current.refetch(), timeline.refetch()]);
    return <ProblemCard text={messageOf(error)} onRetry={retry} />;
  }
  const isUnknown = current.data === null && timeline.data !== undefined && deletion === undefined;
  return (
    <div className={pageStyles.page}>
      <nav className={styles.crumbs} aria-label="Breadcrumb">
        <Link to="/endpoints/$endpoint/$type" params={{ endpoint, type }} search={{}}>
          {type}
        </Link>
      </nav>
      {isUnknown ? (
        <>
          <h1 tabIndex={-1}>{id}</h1>
          <p>No {view.one} has this ID, and there is no history of one.</p>
        </>
      ) : (
        <>
          <ResourceHead {...{ endpoint, type, id, name, deletion }} current={current.data ?? undefined} />
          <div className={styles.columns}>
            <div className={styles.facts}>
              {shown === undefined ? (
                <section className={pageStyles.card} aria-label="Attributes">
                  <Skeleton lines={10} />
                </section>
              ) : (
                <AttributesCard {...{ endpoint, definition }} resource={{ ...shown, id }} />
              )}
              {shown !== undefined && hasGroups === true && (
                <GroupsCard endpoint={endpoint} resource={{ ...shown, id }} isCurrent={current.data != null} />
              )}
              {current.data != null && members !== undefined && (
                <MembersCard {...{ endpoint, type }} group={current.data} attribute={members} />
              )}
            </div>
            <TimelineCard
              {...{ endpoint, id, entries, exchanges }}
              current={current.data ?? undefined}
              total={timeline.data?.pages[0]?.total}
              onOlder={timeline.hasNextPage ? () => void timeline.fetchNextPage() : undefined}
            />
          </div>
        </>
      )}
    </div>
  );
}

function deletionOf(entries: readonly TimelineEntry[], id: string): TimelineEntry | undefined {
  return entries.find(({ action, resource }) => action === "delete" && resource.id === id);
}
