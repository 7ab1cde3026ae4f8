import { Button } from "@fluentui/react-components";
import { PauseRegular } from "@fluentui/react-icons/svg/pause";
import { PlayRegular } from "@fluentui/react-icons/svg/play";
import { TableRegular } from "@fluentui/react-icons/svg/table";
import { TextBulletListRegular } from "@fluentui/react-icons/svg/text-bullet-list";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { currentOutage, subscribeOutage } from "../api/outage.ts";
import { isReportedElsewhere, messageOf } from "../api/problem.ts";
import { endpointsQuery, exchangeQuery, versionQuery } from "../api/queries.ts";
import type { Endpoint, ExchangeSummary } from "../api/types.ts";
import { useEndpointName } from "../shared/endpoint.ts";
import { useKeys } from "../shared/keys.ts";
import { ProblemCard } from "../shared/problem-card.tsx";
import { useTitle } from "../shared/title.ts";
import { LoadingView } from "../shared/view-boundary.tsx";
import styles from "./activity.module.css";
import { ActivityChart } from "./activity-chart.tsx";
import { Announcer } from "./announcer.tsx";
import { entryKey } from "./entries.ts";
import { ExportMenu } from "./export-menu.tsx";
import { FeedNotes } from "./feed-notes.tsx";
import { type FeedState, FeedStore, NEWER } from "./feed-store.ts";
import { type FeedHandle, FeedTable } from "./feed-table.tsx";
import { type Filter, filterKey, filterOf, isFiltered, withValue } from "./filter.ts";
import { FilterBar } from "./filter-bar.tsx";
import { isWrite } from "./kind-icon.tsx";
import { LiveBadge } from "./live-badge.tsx";

const ExchangePanel = lazy(async () => ({ default: (await import("../exchange/exchange-panel.tsx")).ExchangePanel }));
const Connect = lazy(async () => ({ default: (await import("../connect/connect.tsx")).Connect }));
const EmptyFeed = lazy(async () => ({ default: (await import("./empty-feed.tsx")).EmptyFeed }));

const route = getRouteApi("/");

/** What identity providers do, as it happens. */
export function ActivityView() {
  const search = route.useSearch();
  const navigate = useNavigate();
  const filter = useMemo(() => filterOf(search), [search]);
  const store = useFeedStore(filter);
  const state = useSyncExternalStore(store.subscribe, store.getState);
  const [isPaused, setIsPaused] = useState(false);
  const { data: endpoints } = useQuery(endpointsQuery);
  const [isDense, toggleDense] = useDense();
  const { data: version } = useQuery(versionQuery);
  const searchField = useRef<HTMLInputElement>(null);
  const table = useRef<FeedHandle>(null);
  const openId = search.exchange === undefined ? undefined : Number(search.exchange);
  const isOpen = openId !== undefined && Number.isSafeInteger(openId);
  const chosen = useRef<Chosen>(undefined);
  const openIndex = useOpenIndex(store, state, isOpen ? openId : undefined, chosen.current);
  const openRow = state.rows[openIndex];
  useTitle("Activity", isPaused ? 0 : state.waiting);

  const setFilter = useCallback((next: Filter) => void navigate({ to: "/", search: next, replace: true }), [navigate]);
  const addFilter = useCallback((added: Filter) => setFilter({ ...filter, ...added }), [filter, setFilter]);
  const open = useCallback(
    (id: number | undefined) => {
      const row = store.getState().rows.find((each) => each.id === id);
      chosen.current = row && { id: row.id, key: entryKey(row) };
      void navigate({
        to: "/",
        search: { ...filter, ...(id !== undefined && { exchange: String(id) }) },
        replace: isOpen,
      });
    },
    [navigate, filter, isOpen, store],
  );
  const neighbour = (step: 1 | -1): number | undefined => {
    return openIndex < 0 ? undefined : state.rows[openIndex + step]?.id;
  };
  const go = (step: 1 | -1) => {
    const next = isOpen ? neighbour(step) : undefined;
    if (next !== undefined) open(next);
    else if (!isOpen) table.current?.focusRow(step);
  };
  const close = () => {
    open(undefined);
    table.current?.focusOpen();
  };
  const toggle = (show: string) => setFilter(withValue(filter, "show", filter.show === show ? "" : show));

  useKeys({
    j: () => go(1),
    k: () => go(-1),
    "/": () => searchField.current?.focus(),
    f: () => toggle("failures"),
    c: () => toggle("changes"),
    p: () => setIsPaused(!isPaused),
    t: toggleDense,
    ...(isOpen && { Escape: close }),
  });

  const endpointName = useEndpointName();
  const [isSkipped, setIsSkipped] = useState(false);
  const isUnused = !state.isLoading && state.error === undefined && isNothingProvisioned(endpoints, state.rows);
  const isRecording = version?.recording !== false;
  const isEmpty = !state.isLoading && state.error === undefined && state.rows.length === 0;
  if (isUnused && isRecording && !isSkipped && !isOpen && !isFiltered(filter)) {
    return (
      <Suspense fallback={<LoadingView />}>
        <Connect key={endpointName} endpoint={endpointName} onSkip={() => setIsSkipped(true)} />
      </Suspense>
    );
  }
  return (
    <div className={`${styles.view} ${isOpen ? styles.withPanel : ""}`}>
      <section className={styles.main} aria-labelledby="activity-heading">
        <div className={styles.head}>
          <h1 id="activity-heading" tabIndex={-1}>
            Activity
          </h1>
          <LiveBadge state={isRecording ? state.live : "off"} isPaused={isPaused} />
          <span className={styles.count}>{countText(state.total, isFiltered(filter))}</span>
          <ExportMenu filter={filter} />
          <Button
            size="small"
            appearance="subtle"
            icon={isDense ? <TextBulletListRegular /> : <TableRegular />}
            className={styles.wide}
            aria-keyshortcuts="t"
            onClick={toggleDense}
          >
            {isDense ? "Sentences" : "Table"}
          </Button>
          <Button
            size="small"
            appearance="subtle"
            icon={isPaused ? <PlayRegular /> : <PauseRegular />}
            aria-keyshortcuts="p"
            onClick={() => setIsPaused(!isPaused)}
          >
            {isPaused ? "Resume" : "Pause"}
          </Button>
        </div>
        <FilterBar filter={filter} rows={state.rows} onChange={setFilter} field={searchField} />
        <ActivityChart filter={filter} onChange={setFilter} />
        <Announcer newest={isPaused ? undefined : state.rows[0]} />
        {state.error !== undefined && !isReportedElsewhere(state.error) ? (
          <ProblemCard text={messageOf(state.error)} onRetry={() => void store.load()} />
        ) : isEmpty ? (
          <Suspense fallback={<LoadingView />}>
            <EmptyFeed filter={filter} isRecording={isRecording} onClear={() => setFilter({})} />
          </Suspense>
        ) : (
          <FeedTable
            store={store}
            state={state}
            openKey={openRow && entryKey(openRow)}
            isPaused={isPaused}
            isDense={isDense}
            namesEndpoint={(endpoints?.length ?? 0) > 1 && filter.endpoint === undefined}
            onOpen={open}
            onFilter={addFilter}
            handle={table}
          />
        )}
        <FeedNotes
          {...{ state, filter }}
          onChange={setFilter}
          onNewest={() => {
            open(undefined);
            void store.load();
          }}
        />
      </section>
      {isOpen && (
        <aside role="dialog" aria-label="Exchange" className={styles.panel}>
          <Suspense fallback={<LoadingView />}>
            <ExchangePanel
              id={openId}
              repeats={openRow?.repeats}
              newer={neighbour(-1)}
              older={neighbour(1)}
              onOpen={open}
              onClose={close}
              onFilter={addFilter}
            />
          </Suspense>
        </aside>
      )}
    </div>
  );
}

/** One store for each filter; it loads when it is shown, and again when the server is back. */
function useFeedStore(filter: Filter): FeedStore {
  const key = filterKey(filter);
  const store = useMemo(() => new FeedStore(filter), [key]);
  useEffect(() => {
    void store.load();
    const stopWatching = subscribeOutage(() => {
      if (currentOutage() === undefined && store.getState().error !== undefined) void store.load();
    });
    return () => {
      stopWatching();
      store.stop();
    };
  }, [store]);
  return store;
}

/** Exchange and entry that somebody opened from the feed. */
type Chosen = { readonly id: number; readonly key: string };

/**
 * The row of the open exchange, also after others were added to its entry; -1 if there is none. If an old exchange was
 * opened by a link, the feed shows what happened around it.
 */
function useOpenIndex(store: FeedStore, state: FeedState, openId: number | undefined, chosen: Chosen | undefined) {
  const { rows, isLoading, around } = state;
  const { data } = useQuery({ ...exchangeQuery(openId ?? 0), enabled: openId !== undefined });
  const isChosen = openId !== undefined && chosen?.id === openId;
  const position = data !== undefined && data.id === openId ? data.position : undefined;
  const isOld = position !== undefined && position + NEWER < (rows[0]?.position ?? 0) && around !== position;
  useEffect(() => {
    if (!isLoading && !isChosen && isOld) void store.load(position);
  }, [store, isLoading, isChosen, isOld, position]);
  const index = rows.findIndex(({ id }) => id === openId);
  return index < 0 && isChosen ? rows.findIndex((row) => entryKey(row) === chosen.key) : index;
}

/** Until an identity provider has changed something, the page says how to connect one. */
function isNothingProvisioned(endpoints: readonly Endpoint[] | undefined, rows: readonly ExchangeSummary[]): boolean {
  if (endpoints === undefined) return false;
  const isEmpty = endpoints.every(({ resources }) => Object.values(resources).every((count) => count === 0));
  const isByProvider = ({ path, sentences }: ExchangeSummary) =>
    !path.startsWith("/api/") && sentences.some(({ kind }) => isWrite(kind));
  return isEmpty && !rows.some(isByProvider);
}

function countText(total: number | undefined, isFound: boolean): string {
  if (total === undefined) return "";
  return `${total.toLocaleString("en")} ${total === 1 ? "exchange" : "exchanges"}${isFound ? " found" : ""}`;
}

const DENSE_KEY = "scimtool.dense";

/** Whether the feed is a dense table, in this browser. */
function useDense(): readonly [isDense: boolean, toggle: () => void] {
  const [isDense, setIsDense] = useState(() => localStorage.getItem(DENSE_KEY) === "yes");
  const toggle = () => {
    localStorage.setItem(DENSE_KEY, isDense ? "no" : "yes");
    setIsDense(!isDense);
  };
  return [isDense, toggle];
}
