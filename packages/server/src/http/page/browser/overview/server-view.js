/** @import { BackupStatus, Bucket, Version } from "../api/types.d.ts" */
/** @import { View } from "../shell/view.d.ts" */
import { change, getJson } from "../api/ask.js";
import { button, element, fill } from "../dom/element.js";
import { icon } from "../dom/icon.js";
import { lengthText } from "../dom/time.js";
import { failedView, say, sayProblem } from "../shell/notice.js";
import { lookForEndpoints, mayChange } from "../shell/session.js";
import { chart, chartTable } from "./chart.js";
import { population } from "./population.js";
import { storageFacts, storageLine } from "./storage-card.js";

/** Numbers are brought up to date so often while somebody looks. */
const REFRESH_MS = 10_000;

/** How the server is. @returns {View} */
export function serverView() {
  const asking = new AbortController();
  const { signal } = asking;
  const storage = card("Storage");
  const day = card("Last 24 hours");
  const numbers = card("Kept here");
  const version = card("Version");

  const refresh = () => {
    part(storage.body, async () => {
      const status = /** @type {BackupStatus} */ (await getJson("/backup/status", signal));
      const isOffered = mayChange() && status.mode !== "none" && status.role === "primary";
      fill(
        storage.body,
        storageLine(status),
        storageFacts(status),
        isOffered &&
          button([icon("again"), "Back up now"], async ({ currentTarget }) => {
            const now = /** @type {HTMLButtonElement} */ (currentTarget);
            now.disabled = true;
            try {
              await change("POST", "/backup/trigger");
              say("Backed up");
            } catch (error) {
              sayProblem(error);
            }
            refresh();
          }),
      );
    });
    part(day.body, async () => {
      const { buckets } = /** @type {{ buckets: Bucket[] }} */ (
        await getJson("/statistics?from=24h&bucket=1h", signal)
      );
      const isOpen = day.body.querySelector("details")?.open === true;
      const table = element(
        "details",
        { open: isOpen },
        element("summary", null, "As a table"),
        element("div", { class: "scrolled" }, chartTable(buckets)),
      );
      fill(day.body, chart(buckets, "the last 24 hours"), table);
    });
    part(numbers.body, async () => fill(numbers.body, population(await lookForEndpoints())));
    part(version.body, async () => {
      const { version: own, node, sqlite, uptimeMs } = /** @type {Version} */ (await getJson("/version", signal));
      fill(
        version.body,
        element("p", null, `SCIMTool ${own}, Node.js ${node}, SQLite ${sqlite}. Started ${lengthText(uptimeMs)} ago.`),
      );
    });
  };

  /** @param {HTMLElement} body @param {() => Promise<void>} load */
  const part = (body, load) => {
    load().catch((error) => {
      if (!signal.aborted) fill(body, failedView(error, refresh));
    });
  };

  const timer = setInterval(() => {
    if (!document.hidden) refresh();
  }, REFRESH_MS);
  refresh();

  return {
    title: "Server",
    root: element(
      "div",
      { class: "page" },
      element("div", { class: "page-head" }, element("h1", null, "Server")),
      element("div", { class: "server-cards" }, day.root, storage.root, numbers.root, version.root),
    ),
    dispose: () => {
      asking.abort();
      clearInterval(timer);
    },
  };
}

/** @param {string} heading */
function card(heading) {
  const body = element("div", null);
  return { root: element("section", { class: "card" }, element("h2", null, heading), body), body };
}
