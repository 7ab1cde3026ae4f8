import type { Reference } from "../../store/store.ts";
import { namesOf } from "../dialect/client.ts";
import type { Actor } from "../happening.ts";
import { firstNameOf, possessive } from "./name.ts";
import type { Part } from "./sentence.ts";
import { labelText } from "./value-text.ts";

// What sentences are made of.

/** @param named in its place where the sentence says who did it */
export function text(text: string, named?: string): Part {
  return { kind: "text", text, ...(named !== undefined && { named }) };
}

export function value(text: string, value: string | number = text): Part {
  return { kind: "value", text, value };
}

/** A resource by its name; those of types that not everybody knows with their type before it. */
export function resource(reference: Reference): Part[] {
  const { type } = reference;
  const label = labelText(reference.label);
  const isKnown = type === "User" || type === "Group" || type === "";
  const part: Part = { kind: "resource", text: label, resource: { ...reference, label } };
  return isKnown ? [part] : [text(`${labelText(type)} `), part];
}

/** "Alice's": by the first name, where somebody has one. */
export function owner(reference: Reference, givenName: string | undefined): Part[] {
  const label = labelText(reference.label);
  const name = reference.type === "User" ? firstNameOf(label, givenName && labelText(givenName)) : label;
  const [last, ...before] = resource(reference).reverse() as [Part, ...Part[]];
  return [...before, { ...last, text: possessive(name) } as Part];
}

/** "… by Entra ID", said where it is asked for. @param lead the word before, with its blanks */
export function agent(actor: Actor, lead = " by "): Part[] {
  const name = nameOfActor(actor);
  return name === undefined ? [] : [{ kind: "actor", role: "agent", text: name, lead }];
}

/** Who did it, at the beginning of a sentence, where somebody must stand. */
export function actor(actor: Actor): Part {
  return { kind: "actor", role: "subject", text: capitalised(nameOfActor(actor) ?? "an unknown client") };
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The product, where it is known; else what the credential is called here. */
function nameOfActor({ label, dialect }: Actor): string | undefined {
  return namesOf(dialect)?.name ?? (label === undefined ? undefined : `"${labelText(label)}"`);
}
