import { ArrowSortDownRegular } from "@fluentui/react-icons/svg/arrow-sort-down";
import { ArrowSortUpRegular } from "@fluentui/react-icons/svg/arrow-sort-up";
import { Link } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useRef } from "react";
import type { JsonObject, ScimResource } from "../api/types.ts";
import { Ago } from "../shared/time.tsx";
import { ActiveBadge } from "./active-badge.tsx";
import { nameOfResource } from "./resource-name.ts";
import { type ResourceQuery, useResourcePages } from "./resource-pages.ts";
import type { Column } from "./resource-types.ts";
import styles from "./resources.module.css";

/** A million rows fit into the greatest height of an element that browsers support, 33,554,428 pixels. */
const ROW_PIXELS = 33;

/** Where people scrolled to, by list: they find their place again when they come back. */
const offsets = new Map<string, number>();

type ResourceTableProps = {
  readonly query: ResourceQuery;
  readonly total: number;
  readonly sort: string;
  readonly onSort: (sort: string) => void;
};

/** All resources that match, as one table: rows are loaded when somebody scrolls to them. */
export function ResourceTable({ query, total, sort, onSort }: ResourceTableProps) {
  const scroll = useRef<HTMLDivElement>(null);
  const { columns } = query.view;
  const place = JSON.stringify([query.endpoint, query.type, query.filter, sort]);
  const virtual = useVirtualizer({
    count: total,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW_PIXELS,
    overscan: 15,
    initialOffset: () => offsets.get(place) ?? 0,
  });
  const items = virtual.getVirtualItems();
  const resourceAt = useResourcePages(query, items[0]?.index ?? 0, items.at(-1)?.index ?? 0);
  return (
    <div
      ref={scroll}
      role="table"
      aria-label={query.type}
      aria-rowcount={total + 1}
      className={`${styles.table} ${query.view.hasActive ? styles.users : styles.groups}`}
      onScroll={({ currentTarget }) => offsets.set(place, currentTarget.scrollTop)}
    >
      <div role="row" aria-rowindex={1} className={styles.tableHead}>
        {columns.map((column) => (
          <ColumnHead key={column.label} column={column} sort={sort} onSort={onSort} />
        ))}
      </div>
      <div role="rowgroup" className={styles.rows} style={{ height: virtual.getTotalSize() }}>
        {items.map(({ index, start }) => (
          <ResourceRow key={index} {...{ query, index, top: start }} resource={resourceAt(index)} />
        ))}
      </div>
    </div>
  );
}

type ColumnHeadProps = { readonly column: Column; readonly sort: string; readonly onSort: (sort: string) => void };

function ColumnHead({ column: { label, sort: attribute, kind }, sort, onSort }: ColumnHeadProps) {
  if (attribute === undefined) {
    return (
      <span role="columnheader" className={styles[kind]}>
        {label}
      </span>
    );
  }
  const isAscending = sort === attribute;
  const isDescending = sort === `-${attribute}`;
  return (
    <span
      role="columnheader"
      className={styles[kind]}
      aria-sort={isAscending ? "ascending" : isDescending ? "descending" : "none"}
    >
      <button type="button" className={styles.sort} onClick={() => onSort(isAscending ? `-${attribute}` : attribute)}>
        {label}
        {isAscending && <ArrowSortUpRegular aria-hidden="true" />}
        {isDescending && <ArrowSortDownRegular aria-hidden="true" />}
      </button>
    </span>
  );
}

type ResourceRowProps = {
  readonly query: ResourceQuery;
  readonly index: number;
  readonly top: number;
  /** undefined while it loads. */
  readonly resource: ScimResource | undefined;
};

function ResourceRow({ query: { endpoint, type, view }, index, top, resource }: ResourceRowProps) {
  const style = { transform: `translateY(${top}px)` };
  if (resource === undefined) {
    return <div role="row" aria-rowindex={index + 2} aria-busy="true" className={styles.loading} style={style} />;
  }
  const params = { endpoint, type, id: resource.id };
  return (
    <div role="row" aria-rowindex={index + 2} className={styles.row} style={style}>
      {view.columns.map(({ label, kind, attribute }) => (
        <span key={label} role="cell" className={styles[kind]}>
          {kind === "name" ? (
            <Link to="/endpoints/$endpoint/$type/$id" params={params} className={styles.link}>
              <bdi>{nameOfResource(resource)}</bdi>
            </Link>
          ) : (
            <Cell kind={kind} value={valueAt(resource, attribute)} />
          )}
        </span>
      ))}
    </div>
  );
}

function Cell({ kind, value }: { readonly kind: Column["kind"]; readonly value: unknown }): ReactNode {
  if (kind === "active") return <ActiveBadge isActive={value !== false} />;
  if (kind === "modified") return typeof value === "string" && <Ago iso={value} />;
  const text = kind === "email" ? emailOf(value) : value;
  return typeof text === "string" ? <bdi title={text}>{text}</bdi> : null;
}

function valueAt(resource: JsonObject, path: string): unknown {
  return path.split(".").reduce<unknown>((value, name) => (value as JsonObject | undefined)?.[name], resource);
}

/** The primary address, or the first. */
function emailOf(value: unknown): unknown {
  if (!Array.isArray(value)) return undefined;
  const emails = value as readonly JsonObject[];
  return (emails.find(({ primary }) => primary === true) ?? emails[0])?.["value"];
}
