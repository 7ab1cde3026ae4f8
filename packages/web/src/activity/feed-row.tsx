import { memo } from "react";
import type { ExchangeSummary, FeedEntry } from "../api/types.ts";
import { ClockTime } from "../shared/time.tsx";
import { durationText, spanText } from "../shared/time-text.ts";
import styles from "./feed.module.css";
import type { Filter } from "./filter.ts";
import { isWrite, KindIcon } from "./kind-icon.tsx";
import { clientFilter, clientName } from "./query-text.ts";
import { SentenceText } from "./sentence-text.tsx";

export type FeedRowProps = {
  readonly exchange: FeedEntry;
  /** In the list, from 0. */
  readonly index: number;
  readonly top: number;
  readonly isOpen: boolean;
  /** Whether Tab reaches it. */
  readonly isCurrent: boolean;
  readonly namesEndpoint: boolean;
  readonly onOpen: (id: number) => void;
  readonly onFilter: (filter: Filter) => void;
};

export type Column = readonly [name: string, className?: string | undefined];

export const FEED_COLUMNS: readonly Column[] = [
  ["Time"],
  ["What happened"],
  ["Client"],
  ["Endpoint", styles.wide],
  ["Request", styles.wide],
  ["Status"],
  ["Duration", `${styles.headDuration} ${styles.wide}`],
];

/** One exchange: a line of the table, or two lines where it is narrow. */
export const FeedRow = memo(function FeedRow(props: FeedRowProps) {
  const { exchange, index, top, isOpen, isCurrent, namesEndpoint, onOpen, onFilter } = props;
  const { id, at, method, path, status, severity, sentences, resources, endpoint } = exchange;
  const [first] = sentences;
  const kind = first?.kind ?? "";
  // What does harm comes before what happened.
  const finding = exchange.findings.find((each) => each.severity === "error" || each.severity === "warning");
  const isCovered = finding !== undefined && exchange.details.diagnosis?.coveredBy === finding.kind;
  const line = lineOf(exchange);
  const isQuiet = severity === "info" && !isWrite(kind);
  const isFailure = status >= 400 && (severity === "error" || severity === "warning");
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the link in the row does the same
    <div
      role="row"
      aria-rowindex={index + 2}
      className={`${styles.row} ${isOpen ? styles.open : ""} ${isQuiet ? styles.quiet : ""}`}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => onOpen(id)}
    >
      <span role="cell" className={styles.time}>
        <ClockTime iso={at} />
      </span>
      <span role="cell" className={styles.what}>
        <KindIcon severity={severity} kind={kind} />
        <button
          type="button"
          className={styles.sentence}
          tabIndex={isCurrent ? 0 : -1}
          data-row={index}
          title={finding === undefined ? first?.text : `${finding.sentence}. ${first?.text ?? ""}`}
          onClick={(event) => {
            event.stopPropagation();
            onOpen(id);
          }}
        >
          {finding !== undefined && <SentenceText text={finding.sentence} resources={finding.resources} />}
          {finding !== undefined && !isCovered && " · "}
          {!isCovered &&
            (first === undefined ? `${method} ${path}` : <SentenceText text={first.text} resources={resources} />)}
        </button>
        <RepeatsButton {...{ exchange, onFilter }} />
        {sentences.length > 1 && <span className={styles.more}>+{sentences.length - 1}</span>}
      </span>
      <Value className={styles.client} text={clientName(exchange)} filter={clientFilter(exchange)} {...{ onFilter }} />
      {namesEndpoint && (
        <Value className={styles.endpoint} text={endpoint ?? "–"} filter={endpoint && { endpoint }} {...{ onFilter }} />
      )}
      <span role="cell" className={styles.request}>
        <FilterButton text={method} filter={{ method }} {...{ onFilter }} />
        <span className={styles.path} title={baseOf(exchange) + line}>
          <span className={styles.base}>{baseOf(exchange)}</span>
          {line}
        </span>
      </span>
      <Value
        className={`${styles.status} ${isFailure ? styles.failed : ""}`}
        text={String(status)}
        filter={{ status: String(status) }}
        {...{ onFilter }}
      />
      <span role="cell" className={styles.duration}>
        {durationText(exchange.durationUs)}
      </span>
    </div>
  );
});

/** Path of the base URL, as sent; empty if the whole path was recorded. */
export function baseOf({ sentPath, path }: Pick<ExchangeSummary, "sentPath" | "path">): string {
  return sentPath.endsWith(path) ? sentPath.slice(0, -path.length) : "";
}

/** The path and its query, as people read it. */
export function lineOf({ path, query }: Pick<ExchangeSummary, "path" | "query">): string {
  return query === "" ? path : `${path}?${decoded(query)}`;
}

type FilterButtonProps = {
  readonly text: string;
  readonly filter: Filter | null | "" | undefined;
  readonly onFilter: (filter: Filter) => void;
};

export function Value({ className, ...value }: FilterButtonProps & { readonly className: string | undefined }) {
  return (
    <span role="cell" className={className}>
      <FilterButton {...value} />
    </span>
  );
}

/** How often it happened; shows each. The panel offers the same by keyboard. */
export function RepeatsButton({ exchange: { id, repeats }, onFilter }: Pick<FeedRowProps, "exchange" | "onFilter">) {
  if (repeats === undefined || repeats.count < 2) return null;
  const { count, first, last } = repeats;
  return (
    <button
      type="button"
      tabIndex={-1}
      className={styles.repeats}
      title={`${timesText(count)} from ${spanText(new Date(first))} to ${spanText(new Date(last))}. Show each.`}
      onClick={(event) => {
        event.stopPropagation();
        onFilter({ sameAs: String(id) });
      }}
    >
      ×{count.toLocaleString("en")}
    </button>
  );
}

export function timesText(count: number): string {
  return `${count.toLocaleString("en")} times`;
}

/** A value that selects its like. The panel of the exchange offers the same by keyboard. */
function FilterButton({ text, filter, onFilter }: FilterButtonProps) {
  if (!filter) return text;
  return (
    <button
      type="button"
      tabIndex={-1}
      className={styles.value}
      title={`Show only ${text}`}
      onClick={(event) => {
        event.stopPropagation();
        onFilter(filter);
      }}
    >
      {text}
    </button>
  );
}

function decoded(query: string): string {
  try {
    return decodeURIComponent(query.replaceAll("+", " "));
  } catch {
    return query;
  }
}
