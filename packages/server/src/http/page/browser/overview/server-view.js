/** @import { BackupStatus, Bucket, Version } from "../api/types.d.ts" */
/** @import { View } from "../shell/view.d.ts" */
import { change, getJson } from "../api/ask.js";
import { button, element, fill, refill } from "../dom/element.js";
import { icon } from "../dom/icon.js";
import { lengthText } from "../dom/time.js";
import { failedView, say, sayProblem } from "../shell/notice.js";
import { lookForEndpoints, mayChange } from "../shell/session.js";
import { chart, chartTable } from "./chart.js";
import { population } from "./population.js";
import { storageFacts, storageLine } from "./storage-card.js";

/** Numbers are brought up to date so often while somebody looks. */
const REFRESH_MS = 10_000;

const CHANGELOG = "https://github.com/kayasax/SCIMTool/blob/main/CHANGELOG.md";

/** How the server is. @returns {View} */
export function serverView() {
  const asking = new AbortController();
  const { signal } = asking;
  const storage = card("Storage");
  const day = card("Last 24 hours");
  const numbers = card("Kept here");
  const version = card("Version");

  // What the cards have stays, and the focus in it.
  const safety = element("div", null);
  const backUp = button([icon("again"), "Back up now"], async () => {
    backUp.disabled = true;
    try {
      await change("POST", "/backup/trigger");
      say("Backed up");
    } catch (error) {
      sayProblem(error);
    }
    backUp.disabled = false;
    refresh();
  });
  const bars = element("div", null);
  const numbersOfDay = element("div", { class: "scrolled" });
  const table = element("details", null, element("summary", null, "As a table"), numbersOfDay);
  const kept = element("div", null);
  const about = element("div", null);

  const refresh = () => {
    part(storage.body, [safety, backUp], async () => {
      const status = /** @type {BackupStatus} */ (await getJson("/backup/status", signal));
      backUp.hidden = !(mayChange() && status.mode !== "none" && status.role === "primary");
      refill(safety, storageLine(status), storageFacts(status));
    });
    part(day.body, [bars, table], async () => {
      const { buckets } = /** @type {{ buckets: Bucket[] }} */ (
        await getJson("/statistics?from=24h&bucket=1h", signal)
      );
      refill(bars, chart(buckets, "the last 24 hours"));
      refill(numbersOfDay, chartTable(buckets));
    });
    part(numbers.body, [kept], async () => refill(kept, population(await lookForEndpoints())));
    part(version.body, [about], async () => {
      const {
        version: own,
        newerVersion,
        node,
        sqlite,
        uptimeMs,
      } = /** @type {Version} */ (await getJson("/version", signal));
      refill(
        about,
        element("p", null, `SCIMTool ${own}, Node.js ${node}, SQLite ${sqlite}. Started ${lengthText(uptimeMs)} ago.`),
        newerVersion === null
          ? undefined
          : element(
              "p",
              null,
              `SCIMTool ${newerVersion} is available. `,
              element("a", { href: CHANGELOG, rel: "noreferrer" }, "See what changes"),
            ),
      );
    });
  };

  /** @param {HTMLElement} body @param {readonly HTMLElement[]} content @param {() => Promise<void>} load */
  const part = (body, content, load) => {
    load().then(
      () => {
        if (body.firstChild !== content[0]) fill(body, content);
      },
      (error) => {
        if (!signal.aborted) refill(body, failedView(error, refresh));
      },
    );
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
