import { Button } from "@fluentui/react-components";
import { ArrowUpRegular } from "@fluentui/react-icons/svg/arrow-up";
import { useVirtualizer } from "@tanstack/react-virtual";
import {
  type KeyboardEvent,
  type RefObject,
  useCallback,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import { focusSoon } from "../shared/focus.ts";
import { Skeleton } from "../shared/loaded.tsx";
import { DENSE_COLUMNS, DenseRow } from "./dense-row.tsx";
import { entryKey } from "./entries.ts";
import styles from "./feed.module.css";
import { FEED_COLUMNS, FeedRow } from "./feed-row.tsx";
import type { FeedState, FeedStore } from "./feed-store.ts";
import type { Filter } from "./filter.ts";

const ROW_PIXELS = 34;
const DENSE_ROW_PIXELS = 26;
const NARROW_ROW_PIXELS = 60;
const NARROW_PIXELS = 560;

/** Rows from the end at which older ones are loaded. */
const LOAD_AHEAD_ROWS = 30;

/** Fill the table until its rows have loaded. */
const SKELETON_ROWS = 30;

/** Somebody who has scrolled less sees what is added at the top. */
const TOP_PIXELS = 20;

export type FeedHandle = {
  /** Moves the focus by steps from the current row. */
  readonly focusRow: (step: number) => void;
  /** Puts the focus on the row of what was open, if it is there. */
  readonly focusOpen: () => void;
};

type FeedTableProps = {
  readonly store: FeedStore;
  readonly state: FeedState;
  /** Key of the entry that is open. */
  readonly openKey: string | undefined;
  readonly isPaused: boolean;
  /** Whether each exchange is a line of values instead of a sentence. */
  readonly isDense: boolean;
  readonly namesEndpoint: boolean;
  readonly onOpen: (id: number) => void;
  readonly onFilter: (filter: Filter) => void;
  readonly handle: RefObject<FeedHandle | null>;
};

/** The exchanges as a table that scrolls without an end. */
export function FeedTable(props: FeedTableProps) {
  const { store, state, openKey, isPaused, isDense, namesEndpoint, onOpen, onFilter, handle } = props;
  const { rows, waiting, hasOlder } = state;
  const scroll = useRef<HTMLDivElement>(null);
  /** Key of the row that Tab reaches; undefined: the newest. */
  const [current, setCurrent] = useState<string>();
  const indexOf = (key: string | undefined) => rows.findIndex((row) => entryKey(row) === key);
  const keyAt = (index: number) => rows[index] && entryKey(rows[index]);
  const currentIndex = Math.max(0, current === undefined ? 0 : indexOf(current));
  const isNarrow = useIsNarrow(scroll);
  const rowPixels = isNarrow ? NARROW_ROW_PIXELS : isDense ? DENSE_ROW_PIXELS : ROW_PIXELS;
  const isTable = isDense && !isNarrow;
  const [columns, Row] = isTable ? ([DENSE_COLUMNS, DenseRow] as const) : ([FEED_COLUMNS, FeedRow] as const);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    // New functions would make it place all rows again with each drawing.
    estimateSize: useCallback(() => rowPixels, [rowPixels]),
    getItemKey: useCallback((index: number) => keyAt(index) ?? index, [rows]),
    overscan: 8,
  });
  useLayoutEffect(() => virtual.measure(), [rowPixels]);

  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasOlder && last >= rows.length - LOAD_AHEAD_ROWS) void store.loadOlder();
  }, [store, hasOlder, last, rows.length]);

  const updateReading = () => {
    const top = scroll.current?.scrollTop ?? 0;
    store.showNew(top < TOP_PIXELS && !isPaused);
  };
  useEffect(updateReading, [store, isPaused]);

  // What is open stays in view while people step through the exchanges; new rows do not move the list.
  useEffect(() => {
    const index = indexOf(openKey);
    if (index < 0) return;
    setCurrent(openKey);
    virtual.scrollToIndex(index);
  }, [openKey]);

  const focusRow = (index: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, index));
    setCurrent(keyAt(next));
    virtual.scrollToIndex(next);
    focusSoon(() => scroll.current?.querySelector<HTMLElement>(`[data-row="${next}"]`));
  };
  useImperativeHandle(handle, () => ({
    focusRow: (step) => {
      const isInside = scroll.current?.contains(document.activeElement) ?? false;
      focusRow(isInside ? currentIndex + step : currentIndex);
    },
    focusOpen: () => focusRow(currentIndex),
  }));

  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1, Home: -rows.length, End: rows.length, PageDown: 10, PageUp: -10 }[
      event.key
    ];
    if (step === undefined) return;
    event.preventDefault();
    focusRow(currentIndex + step);
  };

  return (
    <div className={styles.table} data-dense={isDense || undefined} data-endpoint={namesEndpoint || undefined}>
      {waiting > 0 && (
        <Button
          className={styles.fresh}
          appearance="primary"
          size="small"
          shape="circular"
          icon={<ArrowUpRegular />}
          onClick={() => {
            scroll.current?.scrollTo({ top: 0 });
            store.showWaiting();
            focusRow(0);
          }}
        >
          {waiting > 500 ? "500+" : waiting} new
        </Button>
      )}
      <div
        ref={scroll}
        role="table"
        aria-label="Exchanges, newest first"
        aria-rowcount={hasOlder ? -1 : rows.length + 1}
        className={styles.scroll}
        onScroll={updateReading}
        onKeyDown={onKeyDown}
        onFocus={({ target }) => {
          const row = target.dataset["row"];
          if (row !== undefined) setCurrent(keyAt(Number(row)));
        }}
      >
        <div role="row" className={`${styles.head} ${isTable ? styles.dense : ""}`} aria-rowindex={1}>
          {columns.map(
            ([name, className]) =>
              (namesEndpoint || name !== "Endpoint") && (
                <span key={name} role="columnheader" className={className}>
                  {name}
                </span>
              ),
          )}
        </div>
        <div role="rowgroup" className={styles.rows} style={{ height: virtual.getTotalSize() }}>
          {items.map(({ index, start, key }) => {
            const exchange = rows[index];
            if (exchange === undefined) return null;
            const isOpen = key === openKey;
            const place = { index, top: start, isOpen, isCurrent: index === currentIndex };
            return <Row key={key} {...{ exchange, ...place, namesEndpoint, onOpen, onFilter }} />;
          })}
        </div>
        {state.isLoading && rows.length === 0 ? (
          <div className={styles.loading}>
            <Skeleton lines={SKELETON_ROWS} />
          </div>
        ) : (
          <p className={styles.end}>{hasOlder ? "Loading older exchanges…" : "End of list"}</p>
        )}
      </div>
    </div>
  );
}

/** Rows have two lines where the table is narrow. */
function useIsNarrow(element: RefObject<HTMLElement | null>): boolean {
  const [isNarrow, setIsNarrow] = useState(false);
  useLayoutEffect(() => {
    if (element.current === null) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry !== undefined) setIsNarrow(entry.contentRect.width <= NARROW_PIXELS);
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element]);
  return isNarrow;
}
