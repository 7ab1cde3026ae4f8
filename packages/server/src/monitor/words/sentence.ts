import type { Severity } from "../../store/exchange.ts";
import type { Reference } from "../../store/store.ts";
import { clientName } from "../dialect/client.ts";
import type { Actor } from "../exchange-facts.ts";
import { firstNameOf, possessive } from "./names.ts";
import { labelText } from "./values.ts";

/** What a sentence is about; `resource` is any custom type. */
export type Subject = "user" | "group" | "resource";

/** What a sentence says. */
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
  | "session.ended"
  | "database.downloaded"
  | `${"credential" | "trust"}.${"created" | "changed" | "replaced" | "deleted"}`
  | `failure.${"create" | "change" | "delete" | "read" | "search" | "bulk" | "token" | "authentication" | "other"}`;

/** A piece of a sentence. */
export type Part =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "resource"; readonly text: string; readonly resource: Reference }
  | (ShownChange & { readonly kind: "attribute"; readonly text: string })
  | { readonly kind: "actor"; readonly text: string }
  /** @property value what the text stands for: a number, a moment in milliseconds since 1970, a text */
  | { readonly kind: "value"; readonly text: string; readonly value: string | number };

/** An attribute's change as people see it; a side is absent where the attribute was unassigned. */
export type ShownChange = { readonly path: string; readonly before?: string; readonly after?: string };

/** A changed attribute by its everyday name. */
export type NamedChange = ShownChange & { readonly name: string };

/** One thing that happened, in one sentence. Plain data. */
export type Sentence = {
  readonly kind: SentenceKind;
  /** A `warning` resolves itself, an `error` needs somebody. */
  readonly severity: Severity;
  readonly parts: readonly Part[];
  /** Every attribute that the sentence is about. */
  readonly attributes: readonly NamedChange[];
};

/** A sentence in English, without a full stop. */
export function english({ parts }: Pick<Sentence, "parts">): string {
  return parts.map((part) => part.text).join("");
}

// What sentences are made of.

export function text(text: string): Part {
  return { kind: "text", text };
}

export function value(text: string, value: string | number = text): Part {
  return { kind: "value", text, value };
}

/** A resource by its name; custom types with the type in front. */
export function resource(reference: Reference): Part[] {
  const { type } = reference;
  const label = labelText(reference.label);
  const isKnown = type === "User" || type === "Group" || type === "";
  const part: Part = { kind: "resource", text: label, resource: { ...reference, label } };
  return isKnown ? [part] : [text(`${labelText(type)} `), part];
}

/** "Alice's": the first name, where it is known. */
export function owner(reference: Reference, givenName: string | undefined): Part[] {
  const label = labelText(reference.label);
  const name = reference.type === "User" ? firstNameOf(label, givenName && labelText(givenName)) : label;
  const [last, ...before] = resource(reference).reverse() as [Part, ...Part[]];
  return [...before, { ...last, text: possessive(name) } as Part];
}

/** Who did it, at the beginning of a sentence. */
export function actor(actor: Actor): Part {
  return { kind: "actor", text: capitalised(nameOfActor(actor) ?? "an unknown client") };
}

export function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The product, if recognised; otherwise the label of the credential. */
function nameOfActor({ label, dialect }: Actor): string | undefined {
  return clientName(dialect) ?? (label === undefined ? undefined : `"${labelText(label)}"`);
}
