import { element } from "../dom/element.js";

/** Longer texts are not coloured: thousands of elements take longer than they help. */
const MAX_COLOURED_CHARACTERS = 100_000;

const TOKENS = /("(?:[^"\\]|\\.)*")(\s*:)?|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\b(?:true|false|null)\b/g;

/**
 * A text, laid out and coloured where it is JSON.
 * @param {string} text
 */
export function jsonText(text) {
  const laidOut = laidOutJson(text);
  const pre = element("pre", { class: "code", tabindex: "0" });
  if (laidOut === undefined || laidOut.length > MAX_COLOURED_CHARACTERS) pre.append(laidOut ?? text);
  else pre.append(...coloured(laidOut));
  return pre;
}

/** @param {string} text @returns {string | undefined} undefined where it is no JSON */
export function laidOutJson(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return undefined;
  }
}

/** @param {string} json @returns {(string | Node)[]} */
function coloured(json) {
  /** @type {(string | Node)[]} */
  const nodes = [];
  let end = 0;
  for (const match of json.matchAll(TOKENS)) {
    const [all, string, colon] = match;
    if (match.index > end) nodes.push(json.slice(end, match.index));
    const kind = string === undefined ? "literal" : colon === undefined ? "string" : "name";
    nodes.push(element("span", { class: kind }, string ?? all));
    if (colon !== undefined) nodes.push(colon);
    end = match.index + all.length;
  }
  nodes.push(json.slice(end));
  return nodes;
}
