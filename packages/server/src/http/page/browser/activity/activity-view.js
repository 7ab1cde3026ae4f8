/** @import { ExchangeSummary, FoundExchanges } from "../api/types.d.ts" */
/** @import { View } from "../shell/view.d.ts" */
/** @import { Route } from "../shell/route.js" */
import { getJson, Problem } from "../api/ask.js";
import { backOff } from "../api/back-off.js";
import { button, element, fill } from "../dom/element.js";
import { icon } from "../dom/icon.js";
import { overview } from "../overview/overview.js";
import { announce } from "../shell/announce.js";
import { addKeys } from "../shell/keys.js";
import { failedView, sayProblem } from "../shell/notice.js";
import { allLoaded, olderButton } from "../shell/older-button.js";
import { replaceHash } from "../shell/route.js";
import { knownEndpoints, resumeSession } from "../shell/session.js";
import { emptyFeed } from "./empty-feed.js";
import { feedList } from "./feed.js";
import { apiQuery, filterQuery, foldsTests, includesNow, isFiltered, readFilter } from "./filter.js";
import { filterBar } from "./filter-bar.js";
import { follow } from "./live.js";
import { isRecordingOff, recordingOff } from "./recording-off.js";
import { testsLines } from "./tests-lines.js";

const PAGE_SIZE = 50;

/** What comes within this time is shown at once. */
const BATCH_MS = 200;

/** Whoever has scrolled no further sees what is added at the top. */
const TOP_PIXELS = 80;

/** What waits to be shown at most; if there is more, all is looked for again. */
const MAX_WAITING = 500;

/**
 * The feed: what happens, as sentences.
 * @param {Route} route
 * @returns {View & { root: HTMLElement }}
 */
export function activityView(route) {
  let filter = readFilter(route.query);
  let total = 0;
  /** @type {number | null} */
  let next = null;
  let isPaused = false;
  let isTooMuch = false;
  /** Not shown yet, the newest first. @type {ExchangeSummary[]} */
  let waiting = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let batch;
  let asking = new AbortController();
  let stopFollowing = () => {};
  const retry = backOff();
  /** Why nothing can be shown, where it is tried again. */
  let trouble = "";

  const bar = filterBar((wanted) => replaceHash(`#/${withMark(filterQuery(wanted))}`));
  const tests = testsLines();
  const side = overview();
  const feed = feedList({
    namesEndpoint: knownEndpoints().length > 1,
    whenCut: (position) => {
      next = position;
      showEnd();
    },
  });
  const count = element("span", { class: "count" });
  const state = element("span", { class: "live-state", role: "status" });
  const pause = button([], () => setPaused(!isPaused), { class: "quiet", "aria-keyshortcuts": "p" });
  const showFresh = async (/** @type {MouseEvent} */ { detail }) => {
    await showWaiting();
    // The button is gone: who pressed a key there goes on with the newest.
    if (detail === 0) feed.toNewest();
  };
  const fresh = button([], showFresh, {
    class: "fresh-button primary",
    hidden: true,
    "aria-keyshortcuts": "n",
  });
  const end = element("div", { class: "feed-end" });
  const body = element("div", { class: "feed-body" }, feed.root, end);

  /** Looks for everything anew. */
  const reload = async () => {
    asking.abort();
    asking = new AbortController();
    const { signal } = asking;
    stopFollowing();
    retry.stop();
    waiting = [];
    isTooMuch = false;
    showWaitingCount();
    body.setAttribute("aria-busy", "true");
    try {
      const newest = /** @type {FoundExchanges} */ (await getJson("/exchanges?limit=1", signal));
      const found = await page(undefined, signal);
      tests.of(filter.endpoint).catch(sayProblem);
      retry.succeeded();
      trouble = "";
      total = found.total;
      next = found.next;
      feed.show(found.exchanges);
      showEnd();
      if (includesNow(filter)) follows(newest.exchanges[0]?.position ?? 0);
      else showState("past");
    } catch (error) {
      if (!signal.aborted) showTrouble(error);
    } finally {
      if (!signal.aborted) body.removeAttribute("aria-busy");
    }
  };

  /** @param {unknown} error */
  const showTrouble = (error) => {
    const isPassing = error instanceof Problem && (error.status === 0 || error.status >= 500);
    const last = trouble;
    trouble = isPassing ? error.message : "";
    showState(isPassing ? "lost" : "none");
    if (isPassing) retry.again(reload);
    // Who reads by ear is told the same once only, and who is about to press the button finds it again.
    if (isPassing && trouble === last) return;
    feed.show([]);
    fill(count);
    fill(end, failedView(error, reload));
  };

  /** @param {number | undefined} before @param {AbortSignal} [signal] @returns {Promise<FoundExchanges>} */
  const page = (before, signal) => {
    const query = apiQuery(filter);
    query.set("limit", String(PAGE_SIZE));
    if (foldsTests(filter)) query.set("probes", "exclude");
    if (before !== undefined) query.set("before", String(before));
    return getJson(`/exchanges?${query}`, signal);
  };

  /** @param {number} position */
  const follows = (position) => {
    stopFollowing = follow(apiQuery(filter), position, {
      whenHappened: (exchange) => {
        side.happened(exchange);
        if (exchange.isProbe && foldsTests(filter)) return tests.countSoon();
        waiting.unshift(exchange);
        isTooMuch ||= waiting.length > MAX_WAITING;
        if (isTooMuch) waiting.length = MAX_WAITING;
        batch ??= setTimeout(showBatch, BATCH_MS);
      },
      whenState: showState,
      checkSession: async () => {
        // Asks in earnest: an answer of 401 ends the session for the whole page.
        await resumeSession();
        await getJson("/exchanges?limit=1");
      },
    });
  };

  const showBatch = () => {
    batch = undefined;
    // Whoever reads further down, or has something open, keeps the place.
    const isReading = scrollY > TOP_PIXELS || document.querySelector("dialog[open]") !== null;
    if (isPaused || isReading) showWaitingCount();
    else showWaiting();
  };

  const showWhatWaited = () => {
    if (waiting.length > 0 && batch === undefined) showBatch();
  };

  /** @returns {Promise<void> | undefined} where all is looked for again */
  const showWaiting = () => {
    if (isTooMuch) return reload();
    const arrived = feed.prepend(waiting);
    const [newest] = waiting;
    waiting = [];
    total += arrived;
    showEnd();
    showWaitingCount();
    if (newest !== undefined) announce(`${arrived} new: ${newest.sentences[0]?.text ?? ""}`);
    if (scrollY > 0 && arrived > 0 && document.activeElement === fresh) scrollTo({ top: 0 });
    return undefined;
  };

  const showWaitingCount = () => {
    const isAny = waiting.length > 0;
    fresh.hidden = !isAny;
    fill(fresh, icon("up"), `${waiting.length.toLocaleString("en")}${isTooMuch ? "+" : ""} new`);
  };

  /** @param {boolean} wanted */
  const setPaused = (wanted) => {
    isPaused = wanted;
    fill(pause, icon(isPaused ? "play" : "pause"), isPaused ? "Go on" : "Pause");
    root.classList.toggle("paused", isPaused);
    if (!isPaused && waiting.length > 0) showWaiting();
  };

  /** @param {"connecting" | "live" | "lost" | "past" | "none"} now */
  const showState = (now) => {
    const shown = now === "live" && isRecordingOff() ? "off" : now;
    state.className = `live-state ${shown}`;
    const words = {
      connecting: "Connecting …",
      live: "Live",
      off: "Not recording",
      lost: "Connection lost, trying again …",
      past: "Past",
      none: "",
    };
    if (state.textContent !== words[shown]) state.textContent = words[shown];
  };

  const showEnd = () => {
    const words = filter.text !== "" || isFiltered(filter) ? "found" : "";
    fill(count, element("strong", null, total.toLocaleString("en")), ` exchange${total === 1 ? "" : "s"} ${words}`);
    if (feed.isEmpty()) fill(end, emptyFeed(filter));
    else if (next === null) fill(end, allLoaded());
    else fill(end, olderButton(loadOlder));
  };

  const loadOlder = async () => {
    if (next === null) return;
    const before = next;
    const found = await page(before, asking.signal);
    // Meanwhile the end may have been cut off: what is older than it is something else.
    if (next !== before) return;
    next = found.next;
    feed.append(found.exchanges);
    showEnd();
  };

  const removeKeys = addKeys({
    j: () => feed.move(1),
    k: () => feed.move(-1),
    "/": () => bar.focus(),
    f: () => bar.toggleFailures(),
    p: () => setPaused(!isPaused),
    n: () => {
      scrollTo({ top: 0 });
      showWaiting();
    },
  });

  const ended = new AbortController();
  addEventListener("online", () => trouble !== "" && reload(), { signal: ended.signal });
  addEventListener("scroll", showWhatWaited, { passive: true, signal: ended.signal });
  // Of dialogs; it does not bubble.
  document.addEventListener("close", showWhatWaited, { capture: true, signal: ended.signal });

  const root = element(
    "div",
    { class: "activity" },
    element("h1", { class: "visually-hidden" }, "Activity"),
    element(
      "div",
      { class: "activity-main" },
      ...(isRecordingOff() ? [recordingOff()] : []),
      bar.root,
      element("div", { class: "feed-head" }, state, count, pause),
      tests.root,
      element("div", { class: "fresh-place" }, fresh),
      body,
    ),
    side.root,
  );
  bar.show(filter);
  setPaused(false);
  reload();

  return {
    title: "Activity",
    root,
    update: ({ query }) => {
      const wanted = readFilter(query);
      if (filterQuery(wanted).toString() === filterQuery(filter).toString()) return;
      filter = wanted;
      bar.show(filter);
      reload();
    },
    neighbour: feed.neighbour,
    dispose: () => {
      ended.abort();
      asking.abort();
      clearTimeout(batch);
      retry.stop();
      stopFollowing();
      bar.dispose();
      tests.dispose();
      side.dispose();
      removeKeys();
    },
  };
}

/** @param {URLSearchParams} query */
function withMark(query) {
  return query.size === 0 ? "" : `?${query}`;
}
