import type { Severity } from "../../store/exchange.ts";
import type { Reference } from "../../store/store.ts";

/** Which of the two resource types that everybody knows a sentence is about; `resource` is any other. */
export type Subject = "user" | "group" | "resource";

/** What a sentence says. Together with its parts it can be said in any language. */
export type SentenceKind =
  | `${Subject}.${"created" | "recreated" | "restored" | "changed" | "renamed" | "unchanged" | "deleted"}`
  | `${Subject}.${"activated" | "deactivated" | "reactivated"}`
  | "members.added"
  | "members.removed"
  | "manager.changed"
  | "manager.renamed"
  | "manager.removed"
  | "connection.tested"
  | "look-up.found"
  | "look-up.missed"
  | "search"
  | "read.found"
  | "read.missed"
  | "discovery"
  | "bulk"
  | "token.issued"
  | `endpoint.${"created" | "changed" | "renamed" | "emptied" | "deleted"}`
  | `${"credential" | "trust"}.${"created" | "changed" | "replaced" | "deleted"}`
  | `failure.${"create" | "change" | "delete" | "read" | "search" | "bulk" | "token" | "authentication" | "other"}`;

/** A piece of a sentence. `text` is what it is in English. */
export type Part =
  /** @property named in its place where the sentence says who did it */
  | { readonly kind: "text"; readonly text: string; readonly named?: string }
  | { readonly kind: "resource"; readonly text: string; readonly resource: Reference }
  | (ShownChange & { readonly kind: "attribute"; readonly text: string })
  /** `subject` is always said; `agent` ("by …") only where it is asked for, with the word before it. */
  | { readonly kind: "actor"; readonly text: string; readonly role: "subject" }
  | { readonly kind: "actor"; readonly text: string; readonly role: "agent"; readonly lead: string }
  /** @property value what the text stands for: a number, a moment in milliseconds since 1970, a text */
  | { readonly kind: "value"; readonly text: string; readonly value: string | number };

/** An attribute's change for people: its values as they are shown, absent where it is unassigned. */
export type ShownChange = { readonly path: string; readonly before?: string; readonly after?: string };

/** A changed attribute by the name that people give it. */
export type NamedChange = ShownChange & { readonly name: string };

/** One thing that happened, to be said in one sentence. Plain data. */
export type Sentence = {
  readonly kind: SentenceKind;
  /** How much it wants to be read: `warning` passes by itself, `error` needs somebody. */
  readonly severity: Severity;
  readonly parts: readonly Part[];
  /** The details: every attribute that the sentence is about. */
  readonly attributes: readonly NamedChange[];
};

/**
 * A sentence in English, without a full stop.
 * @param options.actor whether it says who did it, where that is known: "… by Entra ID"
 */
export function english({ parts }: Pick<Sentence, "parts">, { actor = false }: { actor?: boolean } = {}): string {
  const isNamed = actor && parts.some((part) => part.kind === "actor" && part.role === "agent");
  return parts.map((part) => textOf(part, isNamed)).join("");
}

function textOf(part: Part, isNamed: boolean): string {
  if (part.kind === "text") return isNamed && part.named !== undefined ? part.named : part.text;
  if (part.kind !== "actor" || part.role === "subject") return part.text;
  return isNamed ? part.lead + part.text : "";
}
