/** @import { ExchangeSummary } from "../api/types.d.ts" */
import { element } from "../dom/element.js";
import { agoElement, durationText } from "../dom/time.js";
import { exchangeSign, isWrite } from "./exchange-sign.js";
import { sentencesOf } from "./sentence-text.js";

/** Sentences of one exchange that a row shows: a bulk request may have many. */
const MAX_SENTENCES = 4;

/**
 * One exchange in the feed.
 * @param {ExchangeSummary} exchange
 * @param {boolean} namesEndpoint whether there is more than one
 */
export function feedRow(exchange, namesEndpoint) {
  const { id, method, path, status, durationUs, dialectName, credential, at, endpoint } = exchange;
  const [first, ...others] = sentencesOf(exchange);
  const told = others.slice(0, MAX_SENTENCES - 1);
  const left = others.length - told.length;
  return element(
    "li",
    { class: `row ${exchange.severity} ${isQuiet(exchange) ? "quiet" : ""}`, "data-id": id },
    exchangeSign(exchange),
    element(
      "div",
      { class: "row-text" },
      element("a", { class: "row-link", href: `#/exchanges/${id}`, tabindex: "-1" }, first ?? []),
      ...told.map((sentence) => element("p", { class: "row-more" }, sentence)),
      left > 0 && element("p", { class: "row-more soft" }, `and ${left.toLocaleString("en")} more`),
      element(
        "p",
        { class: "row-facts" },
        element(
          "span",
          { title: credential === null ? undefined : `Credential: ${credential}` },
          shortName(dialectName),
        ),
        namesEndpoint && endpoint !== null && element("span", null, endpoint),
        element("span", { class: "request-line" }, `${method} ${path}`),
        element("span", { class: `status s${Math.floor(status / 100)}` }, status),
        element("span", { class: "took" }, durationText(durationUs)),
      ),
    ),
    agoElement(at),
  );
}

/** Whether nothing was written and nothing is the matter. @param {ExchangeSummary} exchange */
function isQuiet({ severity, sentences }) {
  return severity === "info" && !sentences.some(({ kind }) => isWrite(kind));
}

/** "Entra ID (default dialect)" without what stands in brackets. @param {string} dialectName */
function shortName(dialectName) {
  return dialectName.replace(/ \(.*$/, "");
}
