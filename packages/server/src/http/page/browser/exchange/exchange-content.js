/** @import { Exchange } from "../api/types.d.ts" */
import { exchangeSign } from "../activity/exchange-sign.js";
import { sentencesOf } from "../activity/sentence-text.js";
import { element } from "../dom/element.js";
import { exactElement } from "../dom/time.js";
import { resourceLink } from "../resources/resource-link.js";
import { authenticationCard } from "./authentication-card.js";
import { diagnosisCard } from "./diagnosis-card.js";
import { durationBar } from "./duration-bar.js";
import { exchangeActions } from "./exchange-actions.js";
import { messageSection } from "./message-section.js";
import { notesList } from "./notes-list.js";
import { statusText } from "./status-text.js";

/** Sentences that are shown at once: a bulk request may have a hundred. */
const MAX_SENTENCES = 12;

/** Resources that are linked: of a group's many members the first. */
const MAX_RESOURCES = 20;

/**
 * All that is known of an exchange.
 * @param {Exchange} exchange
 * @param {HTMLElement | undefined} changes what it changed
 */
export function exchangeContent(exchange, changes) {
  const { details, resources, method, path, query, status, request, response } = exchange;
  const [first, ...others] = sentencesOf(exchange);
  const { diagnosis, authentication, evidence = [], notes = [] } = details;
  return element(
    "article",
    { class: `exchange ${exchange.severity}` },
    element(
      "div",
      { class: "exchange-head" },
      exchangeSign(exchange),
      element(
        "div",
        null,
        element("h2", null, first ?? []),
        element(
          "p",
          { class: "soft" },
          element("span", { class: `status s${Math.floor(status / 100)}` }, statusText(status)),
          " · ",
          exactElement(exchange.at),
        ),
      ),
    ),
    others.length > 0 && moreSentences(others),
    exchangeActions(exchange),
    diagnosis && diagnosisCard(diagnosis),
    authentication && diagnosis === undefined && authenticationCard(authentication),
    changes,
    section(
      "About",
      facts([
        ["Client", element("span", null, exchange.dialectName, evidence.length > 0 && evidenceList(evidence))],
        ["Let in by", letInBy(exchange)],
        ["Endpoint", exchange.endpoint ?? "none"],
        ["Resources", resources.length > 0 && resourceLinks(exchange)],
        ["Tolerated", notes.length > 0 && notesList(notes)],
        ["Duration", durationBar(exchange)],
        ["Address", element("code", null, exchange.clientAddress)],
        ["Request id", element("code", null, exchange.requestId)],
        ["User agent", element("code", null, exchange.userAgent || "none")],
      ]),
    ),
    messageSection("Request", `${method} ${path}${query === "" ? "" : `?${query}`}`, request, details.requestNote),
    messageSection("Answer", statusText(status), response, details.responseNote),
  );
}

/** @param {readonly (readonly import("../dom/element.js").Child[])[]} sentences */
function moreSentences(sentences) {
  const items = sentences.map((sentence) => element("li", null, ...sentence));
  const shown = element("ul", { class: "sentences" }, ...items.slice(0, MAX_SENTENCES));
  if (items.length <= MAX_SENTENCES) return shown;
  const rest = items.slice(MAX_SENTENCES);
  return element(
    "div",
    null,
    shown,
    element(
      "details",
      null,
      element("summary", null, `${rest.length} more`),
      element("ul", { class: "sentences" }, rest),
    ),
  );
}

/** @param {string} heading @param {...Node} content */
function section(heading, ...content) {
  return element("section", { class: "exchange-section" }, element("h3", null, heading), ...content);
}

/** @param {readonly (readonly [label: string, value: import("../dom/element.js").Child])[]} pairs */
function facts(pairs) {
  const shown = pairs.filter(([, value]) => value !== false);
  return element(
    "dl",
    { class: "facts" },
    ...shown.map(([label, value]) => element("div", null, element("dt", null, label), element("dd", null, value))),
  );
}

/** The decision on the request's credential. @param {Exchange} exchange */
function letInBy({ credential, details: { authentication } }) {
  if (authentication === undefined) return credential ?? "no credential";
  return `not let in: the check of the ${authentication.check.replaceAll("_", " ")} failed`;
}

/** @param {readonly string[]} evidence */
function evidenceList(evidence) {
  return element(
    "details",
    { class: "evidence" },
    element("summary", null, "What tells it"),
    element("ul", null, ...evidence.map((text) => element("li", null, text))),
  );
}

/** @param {Exchange} exchange */
function resourceLinks({ endpoint, resources }) {
  const shown = resources.slice(0, MAX_RESOURCES);
  const left = resources.length - shown.length;
  return element(
    "ul",
    { class: "inline-list" },
    ...shown.map((resource) => element("li", null, resourceLink(endpoint, resource))),
    left > 0 && element("li", { class: "soft" }, `and ${left} more`),
  );
}
