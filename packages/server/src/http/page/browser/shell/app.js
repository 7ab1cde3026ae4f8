/** @import { Route } from "./route.js" */
/** @import { View } from "./view.d.ts" */
import { activityView } from "../activity/activity-view.js";
import { fill } from "../dom/element.js";
import { goToHeading } from "../dom/heading.js";
import { exchangePanel } from "../exchange/exchange-panel.js";
import { serverView } from "../overview/server-view.js";
import { resourceList } from "../resources/resource-list.js";
import { resourcePage } from "../resources/resource-page.js";
import { addKeys } from "./keys.js";
import { showKeys } from "./keys-help.js";
import { clearProblems } from "./notice.js";
import { hashOf, parseRoute, replaceHash } from "./route.js";
import { firstEndpoint } from "./session.js";

/**
 * Shows what the address says, and follows it.
 * @param {HTMLElement} place
 * @returns {() => void} ends everything that is under way
 */
export function startApp(place) {
  /** @type {View | undefined} */
  let view;
  let shown = "";
  /** The address of the view that an exchange was opened from. @type {string | undefined} */
  let openedFrom;
  /** How far back in the browser's history that is; 0 where it is not there. */
  let steps = 0;
  /** Browsers take a while to go back. */
  let isLeaving = false;

  const panel = exchangePanel({
    leave: () => {
      if (isLeaving) return;
      isLeaving = true;
      if (steps > 0) history.go(-steps);
      else replaceHash(openedFrom ?? "#/");
    },
    neighbour: (id, step) => view?.neighbour?.(id, step),
  });

  const follow = () => {
    isLeaving = false;
    const route = parseRoute(location.hash);
    const [first, second] = route.segments;
    if (first === "exchanges" && second !== undefined && /^\d+$/.test(second)) {
      // A step that was there before keeps what it is, also when the page is loaded anew.
      if (history.state === null) history.replaceState({ steps: view === undefined ? 0 : steps + 1 }, "");
      steps = history.state.steps;
      if (view === undefined) show({ segments: [], query: new URLSearchParams() });
      panel.open(Number(second));
      return;
    }
    panel.close();
    steps = 0;
    openedFrom = location.hash || "#/";
    show(route);
  };

  /** @param {Route} route */
  const show = (route) => {
    const key = route.segments.join("/");
    if (view === undefined || shown !== key) {
      const isFirst = view === undefined;
      view?.dispose();
      clearProblems();
      shown = key;
      view = viewAt(route);
      document.title = `${view.title} · SCIMTool`;
      fill(place, view.root);
      if (!isFirst) goToTop(view.root);
    } else {
      view.update?.(route);
    }
  };

  /** @param {string} hash */
  const to = (hash) => () => {
    location.hash = hash;
  };
  const removeKeys = addKeys({
    "?": showKeys,
    "g a": to("#/"),
    "g u": () => to(hashOf(["endpoints", firstEndpoint(), "Users"]))(),
    "g g": () => to(hashOf(["endpoints", firstEndpoint(), "Groups"]))(),
    "g s": to("#/server"),
  });
  // Views begin at their top, and an exchange is closed where its reader has scrolled to.
  history.scrollRestoration = "manual";
  if (location.hash === "") history.replaceState(history.state, "", "#/");
  addEventListener("hashchange", follow);
  follow();
  return () => {
    removeEventListener("hashchange", follow);
    removeKeys();
    panel.close();
    view?.dispose();
    clearProblems();
  };
}

/**
 * Where one is after going to another view: at its beginning, also for those who go by keys or by ear.
 * @param {HTMLElement} root
 */
function goToTop(root) {
  scrollTo(0, 0);
  // The choice of an endpoint goes on: the next key may choose another.
  if (!(document.activeElement instanceof HTMLSelectElement)) goToHeading(root);
}

/**
 * @param {Route} route
 * @returns {View}
 */
function viewAt(route) {
  const [first, endpoint, type, id] = route.segments;
  if (first === "endpoints" && endpoint !== undefined && (type === "Users" || type === "Groups")) {
    return id === undefined ? resourceList(endpoint, type, route) : resourcePage(endpoint, type, id);
  }
  return first === "server" ? serverView() : activityView(route);
}
