/** @import { BackupStatus, Bucket, ExchangeSummary } from "../api/types.d.ts" */
import { getJson } from "../api/ask.js";
import { element, refill } from "../dom/element.js";
import { lookForEndpoints } from "../shell/session.js";
import { chart } from "./chart.js";
import { population } from "./population.js";
import { storageLine } from "./storage-card.js";
import { storageWords } from "./storage-words.js";

/** Numbers are brought up to date so often while somebody looks. */
const REFRESH_MS = 30_000;

/** After something was written they are looked at soon. */
const SOON_MS = 2_000;

/** What stands beside the feed: the last day, how many there are, how safe they are. */
export function overview() {
  const day = element("div", { class: "overview-day" });
  const numbers = element("div", { class: "overview-numbers" });
  const storage = element("div", { class: "overview-storage" });
  const asking = new AbortController();
  const { signal } = asking;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let soon;

  const root = element(
    "aside",
    { class: "overview", "aria-label": "Overview" },
    element("section", { class: "card day-card" }, element("h2", null, "Last 24 hours"), day),
    element("section", { class: "card" }, element("h2", null, "Kept here"), numbers),
    element(
      "section",
      { class: "card storage-card" },
      element("h2", null, element("a", { href: "#/server" }, "Storage")),
      storage,
    ),
  );

  const refresh = async () => {
    soon = undefined;
    // What is not to be had leaves what was there: the feed says that the server is away.
    await Promise.allSettled([
      getJson("/statistics?from=24h&bucket=1h", signal).then((answer) => {
        const { buckets } = /** @type {{ buckets: Bucket[] }} */ (answer);
        refill(day, chart(buckets, "the last 24 hours"));
      }),
      lookForEndpoints().then((endpoints) => refill(numbers, population(endpoints))),
      getJson("/backup/status", signal).then((status) => showStorage(/** @type {BackupStatus} */ (status))),
    ]);
  };

  /** @param {BackupStatus} status */
  const showStorage = (status) => {
    const { severity } = storageWords(status);
    root.classList.toggle("needs-look", severity === "warning" || severity === "error");
    refill(storage, storageLine(status));
  };

  const timer = setInterval(() => {
    if (!document.hidden) refresh();
  }, REFRESH_MS);
  refresh();

  return {
    root,
    /** @param {ExchangeSummary} exchange that came just now */
    happened: (exchange) => {
      if (exchange.method !== "GET" || exchange.status >= 400) soon ??= setTimeout(refresh, SOON_MS);
    },
    dispose: () => {
      asking.abort();
      clearInterval(timer);
      clearTimeout(soon);
    },
  };
}
