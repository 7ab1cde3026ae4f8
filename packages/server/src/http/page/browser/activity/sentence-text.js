/** @import { ExchangeSummary, Reference } from "../api/types.d.ts" */
/** @import { Child } from "../dom/element.js" */
import { element } from "../dom/element.js";

/**
 * The sentences of an exchange, in which the names of resources stand out.
 * @param {Pick<ExchangeSummary, "sentences" | "resources" | "method" | "path">} exchange
 * @returns {Child[][]} one at least
 */
export function sentencesOf({ sentences, resources, method, path }) {
  if (sentences.length === 0) return [[`${method} ${path}`]];
  return sentences.map(({ text }) => sentenceText(text, resources));
}

/**
 * A text in which names stand out, and change nothing of the order of what is around them, whichever way they are read.
 * @param {string} text
 * @param {readonly Pick<Reference, "label">[]} resources
 * @returns {Child[]}
 */
export function sentenceText(text, resources) {
  const names = [...new Set(resources.flatMap(({ label }) => [label, ...ownersOf(label)]))];
  // Of two names that begin alike, the longer one is meant.
  const found = names.filter((name) => name.length > 1 && text.includes(name));
  return split(
    text,
    found.sort((one, other) => other.length - one.length),
  );
}

/** "Joy's", as sentences about Joy Young begin. @param {string} label */
function ownersOf(label) {
  const first = label.split(" ")[0] ?? "";
  return first === label ? [] : [`${first}'s `, `${first}' `];
}

/**
 * @param {string} text
 * @param {readonly string[]} names
 * @returns {Child[]}
 */
function split(text, [name, ...others]) {
  if (name === undefined) return [text];
  return text
    .split(name)
    .flatMap((part, index) => [
      ...(index === 0 ? [] : [element("strong", null, element("bdi", null, name))]),
      ...(part === "" ? [] : split(part, others)),
    ]);
}
