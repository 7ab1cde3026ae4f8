import type { Bulk, Happening } from "../happening.ts";
import { actor, text, value } from "../words/parts.ts";
import type { Sentence } from "../words/sentence.ts";
import { counted, numberText } from "../words/time-text.ts";
import { administeredSentence } from "./administered.ts";
import { discoveredSentence, readSentence, searchedSentence, tokenSentence } from "./asked.ts";
import { failedSentence } from "./failed.ts";
import { writtenSentences } from "./written.ts";

/** Operations of a bulk request that are told one by one; all are counted. */
const MAX_TOLD_OPERATIONS = 100;

/**
 * What happened, in the order in which people tell it: one sentence at least.
 * @param isDetailed whether the sentence of a new resource has all that it begins with as its attributes
 */
export function sentencesOf(happening: Happening, isDetailed = true): Sentence[] {
  const { outcome } = happening;
  switch (outcome.kind) {
    case "written":
      return writtenSentences(outcome, happening.actor, isDetailed);
    case "read":
      return [readSentence(outcome, happening)];
    case "searched":
      return [searchedSentence(happening, outcome)];
    case "discovered":
      return [discoveredSentence(outcome, happening.actor)];
    case "bulk":
      return bulkSentences(outcome, happening, isDetailed);
    case "token":
      return [tokenSentence(outcome, happening)];
    case "administered":
      return [administeredSentence(outcome, happening.actor)];
    case "refused":
      return [failedSentence(outcome, happening)];
  }
}

/** A sum, and then what each operation did. */
function bulkSentences({ operations }: Bulk, happening: Happening, isDetailed: boolean): Sentence[] {
  const failed = operations.filter(({ outcome }) => outcome.kind === "refused").length;
  const sum: Sentence = {
    kind: "bulk",
    severity: failed > 0 ? "warning" : "info",
    parts: [
      actor(happening.actor),
      text(" sent "),
      value(counted(operations.length, "operation"), operations.length),
      text(" in a bulk request"),
      ...(failed === 0 ? [] : [text(", of which "), value(numberText(failed), failed), text(" failed")]),
    ],
    attributes: [],
  };
  const told = operations.slice(0, MAX_TOLD_OPERATIONS).flatMap(({ outcome, method, path }) => {
    return outcome.kind === "written"
      ? writtenSentences(outcome, happening.actor, isDetailed)
      : [failedSentence(outcome, { ...happening, method, path })];
  });
  return [sum, ...told];
}
