/** @import { Message } from "../api/types.d.ts" */
import { element } from "../dom/element.js";
import { copyButton } from "../shell/copy.js";
import { sayProblem } from "../shell/notice.js";
import { jsonText } from "./json-text.js";

/**
 * A request or its answer: first line, headers, body.
 * @param {string} heading
 * @param {string} firstLine
 * @param {Message} message
 * @param {string | undefined} note
 */
export function messageSection(heading, firstLine, { headers, body, bodyBase64, bodyBytes, isCut }, note) {
  const headerText = headers.map(([name, value]) => `${name}: ${value}`).join("\n");
  const text = body ?? (bodyBase64 === null ? "" : bodyBase64);
  return element(
    "section",
    { class: "exchange-section message-section" },
    element("h3", null, heading),
    element("pre", { class: "code first-line", tabindex: "0" }, decoded(firstLine)),
    headers.length > 0 &&
      element(
        "details",
        null,
        element("summary", null, headers.length === 1 ? "1 header" : `${headers.length} headers`),
        element(
          "div",
          { class: "copied" },
          element(
            "dl",
            { class: "headers" },
            headers.map(([name, value]) => element("div", null, element("dt", null, name), element("dd", null, value))),
          ),
          copyButton("Copy headers", () => headerText, sayProblem, "quiet"),
        ),
      ),
    text === ""
      ? bodyBytes === 0 && element("p", { class: "soft small" }, "No body")
      : element(
          "div",
          { class: "copied" },
          body === null && element("p", { class: "soft small" }, "The body is no text; in base64:"),
          jsonText(text),
          copyButton("Copy body", () => text, sayProblem, "quiet"),
        ),
    (isCut || note !== undefined) &&
      element("p", { class: "soft small" }, note ?? `Cut: the body had ${bodyBytes} bytes.`),
  );
}

/** Filters are read more easily without their percent signs. A + is a blank in a query only. @param {string} line */
function decoded(line) {
  const [path = "", ...query] = line.split("?");
  try {
    return decodeURIComponent([path, ...query.map((part) => part.replaceAll("+", " "))].join("?"));
  } catch {
    return line;
  }
}
