/** @import { DetailedSentence, ExchangeSummary, Part, Reference, Sentence } from "../api/types.d.ts" */
/** @import { Child } from "../dom/element.js" */
import { element } from "../dom/element.js";

/**
 * The sentences of an exchange, in which the names of resources stand out.
 * @param {Pick<ExchangeSummary, "sentences" | "resources" | "details" | "method" | "path">} exchange
 * @returns {Child[][]} one at least
 */
export function sentencesOf({ sentences, resources, details, method, path }) {
  if (sentences.length === 0) return [[`${method} ${path}`]];
  return sentences.map((sentence, index) => {
    const parts = partsOf(sentence, details.sentences?.[index]);
    return parts ?? sentenceText(sentence.text, resources);
  });
}

/**
 * A sentence by its parts, where they are known and say the same.
 * @param {Sentence} sentence
 * @param {DetailedSentence | undefined} detailed
 * @returns {Child[] | undefined}
 */
function partsOf({ text }, detailed) {
  if (detailed?.parts === undefined) return undefined;
  const pieces = detailed.parts.map((part) => ({ kind: part.kind, text: textOf(part) }));
  if (pieces.map((piece) => piece.text).join("") !== text) return undefined;
  return pieces.map((piece) => (piece.kind === "resource" ? element("strong", null, piece.text) : piece.text));
}

/** As the sentence has it that says who did it. @param {Part} part */
function textOf(part) {
  if (part.kind === "text") return part.named ?? part.text;
  return part.kind === "actor" ? `${part.lead ?? ""}${part.text}` : part.text;
}

/**
 * A text in which names stand out.
 * @param {string} text
 * @param {readonly Pick<Reference, "label">[]} resources
 * @returns {Child[]}
 */
export function sentenceText(text, resources) {
  // Of two names that begin alike, the longer one is meant.
  const labels = [...new Set(resources.map(({ label }) => label))]
    .filter((label) => label.length > 1 && text.includes(label))
    .sort((one, other) => other.length - one.length);
  return split(text, labels);
}

/**
 * @param {string} text
 * @param {readonly string[]} labels
 * @returns {Child[]}
 */
function split(text, [label, ...others]) {
  if (label === undefined) return [text];
  return text
    .split(label)
    .flatMap((part, index) => [
      ...(index === 0 ? [] : [element("strong", null, label)]),
      ...(part === "" ? [] : split(part, others)),
    ]);
}
