/** @import { Exchange, Replayed } from "../api/types.d.ts" */
import { change, getText } from "../api/ask.js";
import { button, element } from "../dom/element.js";
import { icon } from "../dom/icon.js";
import { copyButton } from "../shell/copy.js";
import { confirmed, openDialog } from "../shell/dialog.js";
import { sayProblem } from "../shell/notice.js";
import { knownEndpoints, mayChange } from "../shell/session.js";
import { jsonText } from "./json-text.js";
import { statusText } from "./status-text.js";

/** What can be done with an exchange. @param {Exchange} exchange */
export function exchangeActions(exchange) {
  const { id, path } = exchange;
  return element(
    "div",
    { class: "actions" },
    copyButton("Copy as curl", () => getText(`/exchanges/${id}/curl`), sayProblem),
    copyButton("Copy link", () => `${location.origin}${location.pathname}#/exchanges/${id}`, sayProblem),
    mayChange() &&
      // Only SCIM requests can be sent again.
      !path.startsWith("/api/") &&
      button([icon("again"), "Replay"], () => {
        replay(exchange).catch(sayProblem);
      }),
  );
}

/** @param {Exchange} exchange */
async function replay({ id, method, path, endpoint }) {
  const names = knownEndpoints().map(({ name }) => name);
  const target = element(
    "select",
    { id: "replay-endpoint" },
    names.map((name) => element("option", { value: name, selected: name === endpoint }, name)),
  );
  const isSent = await confirmed({
    title: "Send this request again?",
    text: [
      element("code", null, `${method} ${path}`),
      method === "GET" ? " changes nothing." : " is carried out again, as yours, and changes what it says.",
      ...(names.length > 1
        ? [element("label", { class: "field", for: "replay-endpoint" }, "To the endpoint ", target)]
        : []),
    ],
    action: "Send again",
    isDangerous: method !== "GET",
  });
  if (!isSent) return;
  const wanted = names.length > 1 ? { endpoint: target.value } : {};
  const { status, body, exchange } = /** @type {Replayed} */ (await change("POST", `/exchanges/${id}/replay`, wanted));
  const text = body === null || body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body);
  openDialog(
    `Answered ${statusText(status)}`,
    [
      text === "" ? element("p", { class: "soft" }, "No body") : jsonText(text),
      exchange !== null && element("p", null, element("a", { href: `#/exchanges/${exchange}` }, "Show the exchange")),
    ],
    { className: "narrow" },
  );
}
