/** @import { Exchange } from "../api/types.d.ts" */
import { getJson } from "../api/ask.js";
import { button, element, fill } from "../dom/element.js";
import { icon } from "../dom/icon.js";
import { whenLeft } from "../shell/dialog.js";
import { addModalKeys } from "../shell/keys.js";
import { showKeys } from "../shell/keys-help.js";
import { failedView } from "../shell/notice.js";
import { replaceHash } from "../shell/route.js";
import { changesOfExchange } from "./changes-of-exchange.js";
import { exchangeContent } from "./exchange-content.js";

/**
 * The panel at the side in which one exchange is shown.
 * @param {{
 *   readonly leave: () => void
 *   readonly neighbour: (id: number, step: 1 | -1) => number | undefined
 * }} options `leave` is called when the reader means to close it: it is open as long as the address says so
 */
export function exchangePanel({ leave, neighbour }) {
  const body = element("div", { class: "panel-body", tabindex: "-1" });
  const title = element("span", { class: "panel-title" });
  const newer = button(icon("up"), () => go(-1), {
    class: "quiet icon-only",
    "aria-label": "Newer (k)",
    title: "Newer (k)",
  });
  const older = button(icon("down"), () => go(1), {
    class: "quiet icon-only",
    "aria-label": "Older (j)",
    title: "Older (j)",
  });
  const dialog = element(
    "dialog",
    { class: "panel", "aria-label": "Exchange" },
    element(
      "header",
      { class: "panel-head" },
      newer,
      older,
      title,
      button(icon("close"), leave, {
        class: "quiet icon-only",
        "aria-label": "Close",
        title: "Close (Esc)",
      }),
    ),
    body,
  );
  /** @type {number | undefined} */
  let shown;
  let asking = new AbortController();
  let removeKeys = () => {};

  /** @param {1 | -1} step */
  const go = (step) => {
    const next = shown === undefined ? undefined : neighbour(shown, step);
    if (next !== undefined) replaceHash(`#/exchanges/${next}`);
  };

  whenLeft(dialog, leave);
  dialog.addEventListener("close", () => {
    // Browsers tell of it with the next frame: by then it may have been opened again.
    if (dialog.open) return;
    asking.abort();
    removeKeys();
    dialog.remove();
    const closed = shown;
    shown = undefined;
    const row = document.querySelector(`.feed [data-id="${closed}"] a`);
    if (row instanceof HTMLElement) row.focus({ preventScroll: true });
  });

  /** @param {number} id */
  const load = async (id) => {
    asking.abort();
    asking = new AbortController();
    const { signal } = asking;
    body.setAttribute("aria-busy", "true");
    try {
      const exchange = /** @type {Exchange} */ (await getJson(`/exchanges/${id}`, signal));
      fill(title, `${exchange.method} ${exchange.path}`);
      const changes = await changesOfExchange(exchange, signal);
      if (signal.aborted) return;
      fill(body, exchangeContent(exchange, changes));
    } catch (error) {
      if (signal.aborted) return;
      fill(title);
      const failed = failedView(error, () => load(id));
      fill(body, failed);
    }
    if (signal.aborted) return;
    body.removeAttribute("aria-busy");
    body.scrollTop = 0;
  };

  return {
    /** @param {number} id */
    open: (id) => {
      if (!dialog.open) {
        fill(title);
        fill(body);
        document.body.append(dialog);
        dialog.showModal();
        body.focus();
        removeKeys();
        removeKeys = addModalKeys({ j: () => go(1), k: () => go(-1), "?": showKeys }, dialog);
      }
      shown = id;
      load(id);
    },
    close: () => dialog.close(),
  };
}
