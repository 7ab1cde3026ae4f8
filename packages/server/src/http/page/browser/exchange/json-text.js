import { element } from "../dom/element.js";

/** Longer texts are not coloured: thousands of elements take longer than they help. */
const MAX_COLOURED_CHARACTERS = 100_000;

const INDENT = "  ";

/** What stands in a JSON text, blanks aside: strings, marks, and literals with numbers. */
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s"{}[\],:]+/g;

const COLOURED = /("(?:[^"\\]|\\.)*")(\s*:)?|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\b(?:true|false|null)\b/g;

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

/**
 * A JSON text with a line for each value. Each is as it was written: repeated names stay, and numbers have all their
 * digits.
 * @param {string} text
 * @returns {string | undefined} undefined where it is no JSON
 */
function laidOutJson(text) {
  if (!isJson(text)) return undefined;
  let indent = "";
  let laidOut = "";
  let last = "";
  for (const [token] of text.matchAll(TOKENS)) {
    const ends = token === "}" || token === "]";
    const isFirst = last === "{" || last === "[";
    if (ends) indent = indent.slice(INDENT.length);
    if (ends ? !isFirst : isFirst || last === ",") laidOut += `\n${indent}`;
    laidOut += token === ":" ? ": " : token;
    if (token === "{" || token === "[") indent += INDENT;
    last = token;
  }
  return laidOut;
}

/** @param {string} text */
function isJson(text) {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** @param {string} json @returns {(string | Node)[]} */
function coloured(json) {
  /** @type {(string | Node)[]} */
  const nodes = [];
  let end = 0;
  for (const match of json.matchAll(COLOURED)) {
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
