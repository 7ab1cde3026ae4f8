import { button, element, fill } from "../dom/element.js";
import { showKeys } from "./keys-help.js";
import { sayProblem } from "./notice.js";
import { hashOf, parseRoute } from "./route.js";
import { firstEndpoint, knownEndpoints, signedInAs } from "./session.js";
import { themeSwitch } from "./theme.js";

/**
 * Fills the bar at the top: where one can go, and who is there.
 * @param {HTMLElement} top
 * @param {HTMLElement} brand
 * @param {() => Promise<void>} signOut
 */
export function topBar(top, brand, signOut) {
  const links = {
    activity: element("a", { href: "#/" }, "Activity"),
    Users: element("a", null, "Users"),
    Groups: element("a", null, "Groups"),
    server: element("a", { href: "#/server" }, "Server"),
  };
  const endpoints = endpointChoice();

  // The elements stay: whoever has one of them in the focus keeps it.
  const show = () => {
    const { segments } = parseRoute(location.hash);
    const [first, chosen = firstEndpoint(), type = ""] = segments;
    const isAtEndpoint = first === "endpoints";
    const current = isAtEndpoint ? type : first === "server" ? "server" : "activity";
    const endpoint = isAtEndpoint ? chosen : firstEndpoint();
    links.Users.href = hashOf(["endpoints", endpoint, "Users"]);
    links.Groups.href = hashOf(["endpoints", endpoint, "Groups"]);
    for (const [name, link] of Object.entries(links)) link.ariaCurrent = name === current ? "page" : null;
    showEndpoints(endpoints, endpoint);
    endpoints.hidden = !isAtEndpoint || endpoints.length < 2;
  };

  fill(
    top,
    brand,
    element("nav", { class: "nav", "aria-label": "Main" }, ...Object.values(links)),
    element(
      "div",
      { class: "top-end" },
      endpoints,
      button("?", showKeys, { class: "quiet icon-only keys-button", "aria-label": "Keys", title: "Keys" }),
      themeSwitch(),
      element("span", { class: "role" }, signedInAs() === "viewer" ? "viewer" : "administrator"),
      button("Sign out", () => signOut().catch(sayProblem), { class: "quiet" }),
    ),
  );
  show();
  whereChanged?.abort();
  whereChanged = new AbortController();
  addEventListener("hashchange", show, { signal: whereChanged.signal });
}

/** @type {AbortController | undefined} */
let whereChanged;

/** Chooses which endpoint's resources are shown. */
function endpointChoice() {
  const select = element("select", { "aria-label": "Endpoint", class: "quiet" });
  select.addEventListener("change", () => {
    const [, , type = "Users"] = parseRoute(location.hash).segments;
    location.hash = hashOf(["endpoints", select.value, type]);
  });
  return select;
}

/** @param {HTMLSelectElement} select @param {string} current */
function showEndpoints(select, current) {
  const names = knownEndpoints().map(({ name }) => name);
  const isNew = names.length !== select.length || names.some((name, at) => name !== select.options[at]?.value);
  if (isNew) fill(select, ...names.map((name) => element("option", { value: name }, name)));
  select.value = current;
}
