import type { Conflict } from "../exchange-facts.ts";
import { resource, text, value } from "../words/parts.ts";
import type { Part } from "../words/sentence.ts";
import { agoText } from "../words/time-text.ts";
import { plainText } from "../words/value-text.ts";

import { atEndpoint, atProvider, causeOf, type Explain, type Remedy } from "./diagnosis.ts";
import { type ProviderWords, wordsOf } from "./provider-words.ts";

const SECTIONS = { create: "RFC 7644 §3.3", replace: "RFC 7644 §3.5.1", modify: "RFC 7644 §3.5.2" } as const;

/** 409 uniqueness: who has the value, since when, and how to resolve it. */
export const explainUniqueness: Explain = (refused, { atMs, actor }) => {
  const { conflict, attempted } = refused;
  const { action, type, name } = attempted;
  const section = action === "replace" || action === "modify" ? SECTIONS[action] : SECTIONS.create;
  const attribute = conflict?.attribute ?? "the attribute";
  return {
    code: "uniqueness",
    cause: conflict === undefined ? [text(causeOf(refused))] : takenParts(conflict, name, atMs),
    rule: { section, text: "A duplicate of a unique value is answered 409, uniqueness." },
    why:
      action === "create"
        ? `The value of ${attribute} must be unique here. Either the client did not find the existing resource and tried to create it again, or it means somebody else.`
        : `The value of ${attribute} must be unique here, and another resource has the value.`,
    remedies: remedies(type, attribute, action === "create", conflict?.holder, wordsOf(actor.dialect)),
  };
};

/** "the userName is taken by Dave Lee (created 3 days ago)"; the value too, where it is not the name that was said. */
function takenParts({ attribute, value: taken, holder }: Conflict, name: string | undefined, atMs: number): Part[] {
  const shown = plainText(taken);
  const which = [text("the "), attributePart(attribute), ...(taken === name ? [] : [text(" "), value(shown)])];
  if (holder === undefined) return [...which, text(" is taken")];
  const { id, type, label, createdMs, isDeactivated } = holder;
  const since = text(`${isDeactivated ? ", who is deactivated" : ""} (created ${agoText(createdMs, atMs)})`);
  return [...which, text(" is taken by "), ...resource({ id, type, label }), since];
}

function attributePart(path: string): Part {
  return { kind: "attribute", text: plainText(path), path };
}

function remedies(
  type: string | undefined,
  attribute: string,
  isCreate: boolean,
  holder: Conflict["holder"],
  { name, mapping, matching }: ProviderWords,
): Remedy[] {
  const list: Remedy[] = [];
  if (isCreate && holder?.isReactivatable) {
    const text = `If ${holder.label} came back, set "recreate" to "reactivate": a create then reactivates the existing user.`;
    list.push(atEndpoint("recreate", text));
  }
  if (isCreate) {
    list.push(
      atProvider(`In ${name}, set ${matching} to ${attribute}, so that it finds the existing account and updates it.`),
    );
  }
  list.push(
    atProvider(
      `If they are two different people, give one another ${attribute}: check what is mapped to it in ${mapping}.`,
    ),
  );
  // Unique in every endpoint.
  if (type === "User" && attribute === "userName") return list;
  return [
    ...list,
    atEndpoint("unique", `If resources may share the value, remove "${type ?? "…"}:${attribute}" from "unique".`),
  ];
}
