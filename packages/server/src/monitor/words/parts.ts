import type { Reference } from "../../store/store.ts";
import { namesOf } from "../dialect/client.ts";
import type { Actor } from "../exchange-facts.ts";
import { firstNameOf, possessive } from "./name.ts";
import type { Part } from "./sentence.ts";
import { labelText } from "./value-text.ts";

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

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The product, if recognised; otherwise the label of the credential. */
function nameOfActor({ label, dialect }: Actor): string | undefined {
  return namesOf(dialect)?.name ?? (label === undefined ? undefined : `"${labelText(label)}"`);
}
