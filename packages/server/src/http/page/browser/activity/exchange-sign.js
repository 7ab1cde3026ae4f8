/** @import { IconName } from "../dom/icon.js" */
/** @import { ExchangeSummary } from "../api/types.d.ts" */
import { element, hidden } from "../dom/element.js";
import { icon } from "../dom/icon.js";

/** By the end of the kind, or its beginning. @type {readonly (readonly [pattern: RegExp, sign: IconName])[]} */
const SIGNS = [
  [/\.(?:created|recreated)$/, "plus"],
  [/\.(?:changed|renamed)$/, "pencil"],
  [/\.(?:deleted|emptied)$/, "trash"],
  [/\.deactivated$/, "off"],
  [/\.(?:activated|reactivated)$/, "on"],
  [/\.unchanged$/, "equal"],
  [/^members\.added$/, "joined"],
  [/^members\.removed$/, "left"],
  [/^manager\./, "manager"],
  [/^connection\./, "plug"],
  [/^(?:look-up|search)/, "search"],
  [/^read\./, "eye"],
  [/^discovery$/, "book"],
  [/^bulk$/, "stack"],
  [/^token\.|\.replaced$/, "key"],
];

/** What a kind's sign is. @param {string} kind @returns {IconName} */
export function signOf(kind) {
  return SIGNS.find(([pattern]) => pattern.test(kind))?.[1] ?? "dot";
}

/** Whether something was written, by what is told of it. @param {string} kind */
export function isWrite(kind) {
  return (
    /^(?:user|group|resource|members|manager|endpoint|credential|trust)\./.test(kind) && !kind.endsWith(".unchanged")
  );
}

/**
 * What an exchange was and how much it matters, by colour and by sign.
 * @param {Pick<ExchangeSummary, "severity" | "sentences">} exchange
 */
export function exchangeSign({ severity, sentences }) {
  const matters = severity === "warning" || severity === "error";
  const kind = sentences[0]?.kind ?? "";
  return element(
    "span",
    { class: `sign ${severity} ${isWrite(kind) ? "write" : ""}` },
    icon(matters ? severity : signOf(kind)),
    matters && hidden(severity === "error" ? "Error: " : "Warning: "),
  );
}
