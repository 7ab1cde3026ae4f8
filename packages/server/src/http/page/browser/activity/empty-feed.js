/** @import { Filter } from "./filter.js" */
import { element } from "../dom/element.js";
import { icon } from "../dom/icon.js";
import { isFiltered } from "./filter.js";
import { isRecordingOff } from "./recording-off.js";

/** What to do where there is nothing to see. @param {Filter} filter */
export function emptyFeed(filter) {
  if (isFiltered(filter)) {
    return element(
      "div",
      { class: "empty" },
      icon("search"),
      element("h2", null, "Nothing matches"),
      element(
        "p",
        { class: "soft" },
        "Words are matched whole or by their first two letters or more. Try fewer, or another time.",
      ),
    );
  }
  if (isRecordingOff()) {
    return element("div", { class: "empty" }, icon("pause"), element("h2", null, "Nothing was recorded"));
  }
  const baseUrl = document.body.dataset["baseUrl"] ?? "";
  return element(
    "div",
    { class: "empty" },
    icon("plug"),
    element("h2", null, "Nothing has happened yet"),
    element(
      "p",
      { class: "soft" },
      "Requests appear here as they come. To see some at once, play an identity provider's day:",
    ),
    element(
      "p",
      null,
      element("code", { class: "command" }, `npm run demo -- --url ${baseUrl.replace(/\/scim\/v2$/, "")}`),
    ),
    element(
      "p",
      { class: "soft" },
      "Or connect Entra ID: tenant URL ",
      element("code", null, `${baseUrl}?aadOptscim062020`),
      ", secret token from ",
      element("code", null, "data/secrets/scim"),
      ", then Test connection.",
    ),
  );
}
