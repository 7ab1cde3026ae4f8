import type { Bulk, ExchangeFacts } from "../exchange-facts.ts";
import type { Sentence } from "../words/sentence.ts";
import { actor, text, value } from "../words/sentence.ts";
import { counted, numberText } from "../words/values.ts";
import { administeredSentence } from "./administered.ts";
import { discoveredSentence, readSentence, searchedSentence, tokenSentence } from "./asked.ts";
import { failedSentence } from "./failed.ts";
import { writtenSentences } from "./written.ts";

/** Operations of a bulk request that are told one by one; all are counted. */
const MAX_TOLD_OPERATIONS = 100;

/**
 * What happened, in at least one sentence.
 * @param isDetailed whether the sentence of a new resource lists all its attributes
 */
export function sentencesOf(facts: ExchangeFacts, isDetailed = true): Sentence[] {
  const { outcome } = facts;
  switch (outcome.kind) {
    case "written":
      return writtenSentences(outcome, facts.actor, isDetailed);
    case "read":
      return [readSentence(outcome, facts)];
    case "searched":
      return [searchedSentence(facts, outcome)];
    case "discovered":
      return [discoveredSentence(outcome, facts.actor)];
    case "bulk":
      return bulkSentences(outcome, facts, isDetailed);
    case "token":
      return [tokenSentence(outcome, facts)];
    case "administered":
      return [administeredSentence(outcome, facts.actor)];
    case "refused":
      return [failedSentence(outcome, facts)];
  }
}

/** How many operations there were, then what each did. */
function bulkSentences({ operations }: Bulk, facts: ExchangeFacts, isDetailed: boolean): Sentence[] {
  const failed = operations.filter(({ outcome }) => outcome.kind === "refused").length;
  const sum: Sentence = {
    kind: "bulk",
    severity: failed > 0 ? "warning" : "info",
    parts: [
      actor(facts.actor),
      text(" sent "),
      value(counted(operations.length, "operation"), operations.length),
      text(" in a bulk request"),
      ...(failed === 0 ? [] : [text(", of which "), value(numberText(failed), failed), text(" failed")]),
    ],
    attributes: [],
  };
  const told = operations.slice(0, MAX_TOLD_OPERATIONS).flatMap(({ outcome, method, path }) => {
    return outcome.kind === "written"
      ? writtenSentences(outcome, facts.actor, isDetailed)
      : [failedSentence(outcome, { ...facts, method, path })];
  });
  return [sum, ...told];
}
