import { ArrowSortDownRegular } from "@fluentui/react-icons/svg/arrow-sort-down";
import { ArrowSortUpRegular } from "@fluentui/react-icons/svg/arrow-sort-up";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type CSSProperties, memo, type ReactNode, useCallback, useRef } from "react";
import type { JsonObject, ScimResource } from "../api/types.ts";
import { shortText } from "../shared/short-text.ts";
import { Ago } from "../shared/time.tsx";
import { ActiveBadge } from "./active-badge.tsx";
import { isObject } from "./form-value.ts";
import { nameOfResource } from "./resource-name.ts";
import { type ResourceQuery, useResourcePages } from "./resource-pages.ts";
import type { Column } from "./resource-types.ts";
import styles from "./resources.module.css";

/** A million rows fit into the greatest height of an element that browsers support, 33,554,428 pixels. */
const ROW_PIXELS = 33;

/** Least and greatest width of a column. */
const WIDTHS: Readonly<Record<Column["kind"], readonly [pixels: number, most: string]>> = {
  name: [150, "1.6fr"],
  email: [150, "2.2fr"],
  text: [120, "2fr"],
  active: [84, "84px"],
  time: [130, "130px"],
};

const GAP_PIXELS = 16;

/** Where people scrolled to, by list: they find their place again when they come back. */
const offsets = new Map<string, number>();

/** Resources by ID. */
export type Selection = ReadonlyMap<string, ScimResource>;

type ResourceTableProps = {
  readonly query: ResourceQuery;
  readonly total: number;
  readonly sort: string;
  readonly onSort: (sort: string) => void;
  readonly selected: Selection;
  /** undefined for people who may not change anything. */
  readonly onSelect: ((selected: Selection) => void) | undefined;
};

/** All resources that match, as one table: rows are loaded when somebody scrolls to them. */
export function ResourceTable({ query, total, sort, onSort, selected, onSelect }: ResourceTableProps) {
  const scroll = useRef<HTMLDivElement>(null);
  const { columns } = query;
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
  const select = useCallback(
    (resource: ScimResource, isWanted: boolean) => {
      const next = new Map(selected);
      if (isWanted) next.set(resource.id, resource);
      else next.delete(resource.id);
      onSelect?.(next);
    },
    [selected, onSelect],
  );
  return (
    <div
      ref={scroll}
      role="table"
      aria-label={query.type}
      aria-rowcount={total + 1}
      className={styles.table}
      style={widthsOf(columns, onSelect !== undefined)}
      onScroll={({ currentTarget }) => offsets.set(place, currentTarget.scrollTop)}
    >
      <div role="row" aria-rowindex={1} className={styles.tableHead}>
        {onSelect !== undefined && <span role="columnheader" className={styles.select} aria-label="Selected" />}
        {columns.map((column) => (
          <ColumnHead key={column.attribute} column={column} sort={sort} onSort={onSort} />
        ))}
      </div>
      <div role="rowgroup" className={styles.rows} style={{ height: virtual.getTotalSize() }}>
        {items.map(({ index, start }) => {
          const resource = resourceAt(index);
          return (
            <ResourceRow
              key={index}
              {...{ query, index, resource, top: start }}
              isSelected={resource !== undefined && selected.has(resource.id)}
              onSelect={onSelect === undefined ? undefined : select}
            />
          );
        })}
      </div>
    </div>
  );
}

/** Tables with many columns are scrolled sideways. */
function widthsOf(columns: readonly Column[], isSelectable: boolean): CSSProperties {
  const widths = columns.map(({ kind }) => WIDTHS[kind]);
  const least = widths.reduce((sum, [pixels]) => sum + pixels + GAP_PIXELS, GAP_PIXELS);
  const template = widths.map(([pixels, most]) => `minmax(${pixels}px, ${most})`).join(" ");
  return { "--columns": template, "--select": isSelectable ? "16px" : " ", "--least": `${least}px` } as CSSProperties;
}

type ColumnHeadProps = { readonly column: Column; readonly sort: string; readonly onSort: (sort: string) => void };

function ColumnHead({ column: { label, attribute: shown, sort: attribute, kind }, sort, onSort }: ColumnHeadProps) {
  const isAscending = sort === attribute;
  const isDescending = sort === `-${attribute}`;
  if (attribute === undefined) {
    return (
      <span role="columnheader" className={styles[kind]} title={shown}>
        {label}
      </span>
    );
  }
  return (
    <span
      role="columnheader"
      className={styles[kind]}
      title={shown}
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
  readonly isSelected: boolean;
  readonly onSelect: ((resource: ScimResource, isWanted: boolean) => void) | undefined;
};

/** Rows that stay in view while somebody scrolls are not drawn again. */
const ResourceRow = memo(function ResourceRow(props: ResourceRowProps) {
  const { query, index, top, resource, isSelected, onSelect } = props;
  const { endpoint, type, columns } = query;
  const style = { transform: `translateY(${top}px)` };
  if (resource === undefined) {
    return <div role="row" aria-rowindex={index + 2} aria-busy="true" className={styles.loading} style={style} />;
  }
  const place = [endpoint, type, resource.id].map(encodeURIComponent).join("/");
  return (
    <div role="row" aria-rowindex={index + 2} className={styles.row} style={style}>
      {onSelect !== undefined && (
        <span role="cell" className={styles.select}>
          <label>
            <input
              type="checkbox"
              aria-label={`Select ${shortText(nameOfResource(resource))}`}
              checked={isSelected}
              onChange={({ target }) => onSelect(resource, target.checked)}
            />
          </label>
        </span>
      )}
      {columns.map(({ kind, attribute }) => (
        <span key={attribute} role="cell" className={styles[kind]}>
          {kind === "name" ? (
            // A link of the router costs more than the rest of the row.
            <a href={`#/endpoints/${place}`} className={styles.link}>
              <bdi>{nameOfResource(resource, attribute)}</bdi>
            </a>
          ) : (
            <Cell kind={kind} value={valueAt(resource, attribute)} />
          )}
        </span>
      ))}
    </div>
  );
});

function Cell({ kind, value }: { readonly kind: Column["kind"]; readonly value: unknown }): ReactNode {
  if (kind === "active") return <ActiveBadge isActive={value !== false} />;
  if (kind === "time") return typeof value === "string" && <Ago iso={value} />;
  const shown = kind === "email" ? emailOf(value) : value;
  if (shown === undefined || shown === null || typeof shown === "object") return null;
  return <bdi title={String(shown)}>{String(shown)}</bdi>;
}

/** @param path of an attribute, with the URN of its extension */
function valueAt(resource: JsonObject, path: string): unknown {
  const end = path.startsWith("urn:") ? path.lastIndexOf(":") : -1;
  const extension = end < 0 ? resource : resource[path.slice(0, end)];
  return path
    .slice(end + 1)
    .split(".")
    .reduce<unknown>((value, name) => (isObject(value) ? value[name] : undefined), extension);
}

/** The primary address, or the first. */
function emailOf(value: unknown): unknown {
  if (!Array.isArray(value)) return undefined;
  const emails = value as readonly JsonObject[];
  return (emails.find(({ primary }) => primary === true) ?? emails[0])?.["value"];
}
