/** @import { ExchangeSummary } from "../api/types.d.ts" */
import { element } from "../dom/element.js";
import { dayElement, dayOf } from "../dom/time.js";
import { feedRow } from "./feed-row.js";

/** Rows on the page at most: what is older is looked for again. */
const MAX_ROWS = 600;

/**
 * The list of exchanges, the newest first, a heading above each day. One row at a time can be reached by Tab; arrows
 * go on from it.
 * @param {{ readonly namesEndpoint: boolean, readonly whenCut: (oldestPosition: number) => void }} options
 *   `whenCut` is called when rows at the end had to go
 */
export function feedList({ namesEndpoint, whenCut }) {
  const list = element("ol", { class: "feed", "aria-label": "Exchanges, the newest first" });
  /** Those that are shown, in order. @type {ExchangeSummary[]} */
  let shown = [];
  /** The row that Tab reaches: the newest one until the reader has gone to another. @type {number | undefined} */
  let current;
  let isChosen = false;

  /** Rows with a heading where a day begins. @param {readonly ExchangeSummary[]} exchanges @param {string} above */
  const rowsOf = (exchanges, above) => {
    let day = above;
    return exchanges.flatMap((exchange) => {
      const own = dayOf(new Date(exchange.at));
      const begins = own !== day;
      day = own;
      return [
        ...(begins ? [element("li", { class: "day" }, dayElement(exchange.at))] : []),
        feedRow(exchange, namesEndpoint),
      ];
    });
  };

  /** @param {number} id */
  const rowOf = (id) => /** @type {HTMLElement | null} */ (list.querySelector(`[data-id="${id}"]`));

  /** @param {number | undefined} id */
  const makeCurrent = (id) => {
    if (current !== undefined) rowOf(current)?.querySelector("a")?.setAttribute("tabindex", "-1");
    current = id ?? shown[0]?.id;
    const row = current === undefined ? null : rowOf(current);
    row?.querySelector("a")?.setAttribute("tabindex", "0");
    return row;
  };

  const cut = () => {
    if (shown.length <= MAX_ROWS) return;
    for (const { id } of shown.splice(MAX_ROWS)) rowOf(id)?.remove();
    while (list.lastElementChild?.classList.contains("day")) list.lastElementChild.remove();
    const oldest = shown.at(-1);
    if (oldest !== undefined) whenCut(oldest.position);
  };

  /** Moves by steps from the current row. @param {number} step */
  const move = (step) => {
    const index = shown.findIndex(({ id }) => id === current);
    const isInside = list.contains(document.activeElement);
    const next = shown[isInside ? Math.min(shown.length - 1, Math.max(0, index + step)) : Math.max(0, index)];
    if (next === undefined) return;
    const row = makeCurrent(next.id);
    row?.querySelector("a")?.focus();
    row?.scrollIntoView({ block: "nearest" });
  };

  list.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1, Home: -shown.length, End: shown.length }[event.key];
    if (step === undefined || event.target instanceof HTMLInputElement) return;
    event.preventDefault();
    move(step);
  });
  list.addEventListener("focusin", ({ target }) => {
    const row = target instanceof Element ? target.closest("[data-id]") : null;
    if (!(row instanceof HTMLElement)) return;
    isChosen = true;
    makeCurrent(Number(row.dataset["id"]));
  });

  return {
    root: list,
    move,
    toNewest: () => {
      makeCurrent(undefined);
      move(0);
    },
    /** @param {readonly ExchangeSummary[]} exchanges in the place of all that is there */
    show: (exchanges) => {
      shown = [...exchanges];
      isChosen = false;
      list.replaceChildren(...rowsOf(shown, ""));
      makeCurrent(undefined);
    },
    /** @param {readonly ExchangeSummary[]} exchanges newer than all that is there, the newest first */
    prepend: (exchanges) => {
      const known = new Set(shown.slice(0, 1_000).map(({ id }) => id));
      const fresh = exchanges.filter(({ id }) => !known.has(id));
      const [newest] = shown;
      const rows = rowsOf(fresh, "");
      const last = fresh.at(-1);
      if (last !== undefined && newest !== undefined && dayOf(new Date(last.at)) === dayOf(new Date(newest.at))) {
        list.firstElementChild?.remove();
      }
      for (const row of rows) row.classList.add("fresh");
      list.prepend(...rows);
      shown.unshift(...fresh);
      if (!isChosen) makeCurrent(undefined);
      cut();
      return fresh.length;
    },
    /** @param {readonly ExchangeSummary[]} exchanges older than all that is there, the newest first */
    append: (exchanges) => {
      const oldest = shown.at(-1);
      list.append(...rowsOf(exchanges, oldest === undefined ? "" : dayOf(new Date(oldest.at))));
      shown.push(...exchanges);
    },
    /** The exchange beside another one. @param {number} id @param {number} step */
    neighbour: (id, step) => {
      const index = shown.findIndex((exchange) => exchange.id === id);
      const next = index < 0 ? undefined : shown[index + step];
      if (next !== undefined) makeCurrent(next.id)?.scrollIntoView({ block: "nearest" });
      return next?.id;
    },
    isEmpty: () => shown.length === 0,
  };
}
