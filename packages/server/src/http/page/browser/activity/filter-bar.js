/** @import { Filter } from "./filter.js" */
import { button, element } from "../dom/element.js";
import { icon } from "../dom/icon.js";
import { knownEndpoints } from "../shell/session.js";
import { KINDS, SPANS } from "./filter.js";

/** Typing is followed after a pause. */
const TYPING_MS = 250;

/**
 * What chooses what the feed shows.
 * @param {(filter: Filter) => void} whenChanged
 */
export function filterBar(whenChanged) {
  const search = element("input", {
    type: "search",
    placeholder: "Search names, ids, paths, bodies",
    "aria-label": "Search",
    "aria-keyshortcuts": "/",
    autocomplete: "off",
    spellcheck: "false",
  });
  const failures = button([icon("warning"), "Failures"], () => toggleFailures(), {
    class: "toggle",
    "aria-pressed": "false",
    "aria-keyshortcuts": "f",
  });
  const kind = choice("What", KINDS);
  const span = choice("When", SPANS);
  const endpoint = choice("Endpoint", [["", "All endpoints"], ...knownEndpoints().map(({ name }) => [name, name])]);
  const from = element("input", { type: "datetime-local", "aria-label": "From" });
  const to = element("input", { type: "datetime-local", "aria-label": "To" });
  const between = element("span", { class: "between" }, from, " to ", to);
  /** @param {Partial<Filter>} over */
  const dropping =
    (over) =>
    (/** @type {MouseEvent} */ { detail }) => {
      change(over);
      // The button is gone: who pressed a key there goes on with the search.
      if (detail === 0) search.focus();
    };
  const resource = button([], dropping({ resource: "" }), {
    class: "toggle",
    "aria-pressed": "true",
  });
  const clear = button([icon("close"), "Clear"], dropping(NOTHING), {
    class: "quiet",
  });

  /** @param {Partial<Filter>} [over] @returns {Filter} */
  const read = (over) => ({
    text: search.value.trim(),
    onlyFailures: failures.getAttribute("aria-pressed") === "true",
    endpoint: endpoint.value,
    kind: kind.value,
    within: span.value,
    from: from.value,
    to: to.value,
    resource: resource.dataset["id"] ?? "",
    ...over,
  });

  /** @param {Filter} filter */
  const show = (filter) => {
    if (search.value.trim() !== filter.text) search.value = filter.text;
    failures.setAttribute("aria-pressed", String(filter.onlyFailures));
    endpoint.value = filter.endpoint;
    kind.value = filter.kind;
    span.value = filter.within;
    from.value = filter.from;
    to.value = filter.to;
    between.hidden = filter.within !== "between";
    resource.dataset["id"] = filter.resource;
    resource.hidden = filter.resource === "";
    resource.replaceChildren(icon("close"), `About ${filter.resource.slice(0, 8)}…`);
    resource.title = filter.resource;
    clear.hidden = Object.entries(NOTHING).every(
      ([name, value]) => filter[/** @type {keyof Filter} */ (name)] === value,
    );
  };

  /** @param {Filter} filter */
  const set = (filter) => {
    clearTimeout(timer);
    show(filter);
    whenChanged(filter);
  };
  /** @param {Partial<Filter>} [over] */
  const change = (over) => set(read(over));
  const toggleFailures = () => change({ onlyFailures: !read().onlyFailures });

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(change, TYPING_MS);
  });
  // With Enter, and at once when whoever has typed goes on to something else.
  const ended = new AbortController();
  search.addEventListener("change", () => change(), { signal: ended.signal });
  search.addEventListener("keydown", ({ key }) => {
    if (key === "Escape") search.blur();
  });
  for (const each of [kind, span, endpoint, from, to]) each.addEventListener("change", () => change());
  endpoint.hidden = knownEndpoints().length < 2;

  return {
    root: element(
      "div",
      { class: "filter", role: "search", "aria-label": "Choose what is shown" },
      element("label", { class: "search-field" }, icon("search"), search),
      failures,
      kind,
      span,
      between,
      endpoint,
      resource,
      clear,
    ),
    show,
    toggleFailures,
    focus: () => search.focus(),
    // Browsers tell of the change also when the field is taken from the page.
    dispose: () => {
      ended.abort();
      clearTimeout(timer);
    },
  };
}

/** @type {Filter} */
const NOTHING = {
  text: "",
  onlyFailures: false,
  endpoint: "",
  kind: "",
  within: "",
  from: "",
  to: "",
  resource: "",
};

/**
 * @param {string} label
 * @param {readonly (readonly string[])[]} options values and labels
 */
function choice(label, options) {
  return element(
    "select",
    { "aria-label": label },
    ...options.map(([value, text]) => element("option", { value }, text)),
  );
}
