import { memo } from "react";
import { ClockTime } from "../shared/time.tsx";
import { durationText } from "../shared/time-text.ts";
import styles from "./feed.module.css";
import { baseOf, type Column, type FeedRowProps, lineOf, RepeatsButton, Value } from "./feed-row.tsx";
import { KindIcon } from "./kind-icon.tsx";
import { clientFilter, clientName } from "./query-text.ts";

/** One exchange as a line of values, each of which selects its like. */
export const DenseRow = memo(function DenseRow(props: FeedRowProps) {
  const { exchange, index, top, isOpen, isCurrent, namesEndpoint, onOpen, onFilter } = props;
  const { id, method, path, status, severity, sentences, resources, endpoint, credential } = exchange;
  const [resource] = resources;
  const [sentence] = sentences;
  const isHarmful = severity === "error" || severity === "warning";
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the time in the row does the same
    <div
      role="row"
      aria-rowindex={index + 2}
      className={`${styles.row} ${styles.dense} ${isOpen ? styles.open : ""}`}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => onOpen(id)}
    >
      <span role="cell" className={styles.time}>
        <button
          type="button"
          className={styles.value}
          tabIndex={isCurrent ? 0 : -1}
          data-row={index}
          aria-description={sentence?.text}
        >
          <ClockTime iso={exchange.at} hasMilliseconds />
        </button>
      </span>
      <Value className={styles.cell} text={method} filter={{ method }} {...{ onFilter }} />
      <span role="cell" className={styles.line}>
        {isHarmful && <KindIcon severity={severity} kind="" />}
        <button
          type="button"
          tabIndex={-1}
          className={styles.link}
          title={`${baseOf(exchange)}${lineOf(exchange)}\nShow only ${path}`}
          onClick={(event) => {
            event.stopPropagation();
            onFilter({ path });
          }}
        >
          <span className={styles.base}>{baseOf(exchange)}</span>
          {lineOf(exchange)}
        </button>
        <RepeatsButton {...{ exchange, onFilter }} />
      </span>
      <Value
        className={`${styles.status} ${isHarmful && status >= 400 ? styles.failed : ""}`}
        text={String(status)}
        filter={{ status: String(status) }}
        {...{ onFilter }}
      />
      <Value className={styles.client} text={clientName(exchange)} filter={clientFilter(exchange)} {...{ onFilter }} />
      {namesEndpoint && (
        <Value
          className={`${styles.cell} ${styles.wide}`}
          text={endpoint ?? "–"}
          filter={endpoint && { endpoint }}
          {...{ onFilter }}
        />
      )}
      <Value
        className={`${styles.cell} ${styles.wide}`}
        text={credential ?? "–"}
        filter={credential && { credential }}
        {...{ onFilter }}
      />
      <Value
        className={styles.cell}
        text={resource?.label ?? "–"}
        filter={resource && { resource: resource.id }}
        {...{ onFilter }}
      />
      <Value
        className={`${styles.cell} ${styles.wide}`}
        text={sentence?.kind ?? "–"}
        filter={sentence && { kind: sentence.kind }}
        {...{ onFilter }}
      />
      <span role="cell" className={`${styles.duration} ${styles.wide}`}>
        {durationText(exchange.durationUs)}
      </span>
    </div>
  );
});

export const DENSE_COLUMNS: readonly Column[] = [
  ["Time"],
  ["Method"],
  ["Path"],
  ["Status"],
  ["Client"],
  ["Endpoint", styles.wide],
  ["Credential", styles.wide],
  ["Resource"],
  ["Kind", styles.wide],
  ["Duration", `${styles.headDuration} ${styles.wide}`],
];
