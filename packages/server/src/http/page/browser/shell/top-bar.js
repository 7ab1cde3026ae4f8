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
  const links = element("nav", { class: "nav", "aria-label": "Main" });
  const where = element("div", { class: "top-end" });

  const show = () => {
    const { segments } = parseRoute(location.hash);
    const current = segments[0] === "endpoints" ? segments[2] : segments[0] === "server" ? "server" : "activity";
    const endpoint = segments[0] === "endpoints" && segments[1] ? segments[1] : firstEndpoint();
    /** @type {(label: string, name: string, hash: string) => HTMLElement} */
    const link = (label, name, hash) =>
      element("a", { href: hash, "aria-current": name === current ? "page" : undefined }, label);
    fill(
      links,
      link("Activity", "activity", "#/"),
      link("Users", "Users", hashOf(["endpoints", endpoint, "Users"])),
      link("Groups", "Groups", hashOf(["endpoints", endpoint, "Groups"])),
      link("Server", "server", "#/server"),
    );
    fill(where, endpointChoice(endpoint, segments), ...ends);
  };

  const ends = [
    button("?", showKeys, { class: "quiet icon-only keys-button", "aria-label": "Keys", title: "Keys" }),
    themeSwitch(),
    element("span", { class: "role" }, signedInAs() === "viewer" ? "viewer" : "administrator"),
    button("Sign out", () => signOut().catch(sayProblem), { class: "quiet" }),
  ];
  fill(top, brand, links, where);
  show();
  whereChanged?.abort();
  whereChanged = new AbortController();
  addEventListener("hashchange", show, { signal: whereChanged.signal });
}

/** @type {AbortController | undefined} */
let whereChanged;

/**
 * Which endpoint's resources are shown, where there is a choice.
 * @param {string} current
 * @param {readonly string[]} segments
 */
function endpointChoice(current, segments) {
  const names = knownEndpoints().map(({ name }) => name);
  if (names.length < 2 || segments[0] !== "endpoints") return undefined;
  const select = element(
    "select",
    { "aria-label": "Endpoint", class: "quiet" },
    ...names.map((name) => element("option", { value: name, selected: name === current }, name)),
  );
  select.addEventListener("change", () => {
    location.hash = hashOf(["endpoints", select.value, segments[2] ?? "Users"]);
  });
  return select;
}
