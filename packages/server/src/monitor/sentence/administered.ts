import type { Actor, Administered, AdministrativeVerb, SettingChange } from "../exchange-facts.ts";
import { listed } from "../words/names.ts";
import type { NamedChange, Part, Sentence, SentenceKind } from "../words/sentence.ts";
import { actor, text, value } from "../words/sentence.ts";
import { counted, labelText, plainText, valueText } from "../words/values.ts";

/** 'An administrator created the token "Entra" of the endpoint acme'. */
export function administeredSentence(administered: Administered, by: Actor): Sentence {
  const { verb, object, changes } = administered;
  const topic = object === "token" || object === "client secret" ? "credential" : object;
  return {
    kind: `${topic}.${verb}` as SentenceKind,
    severity: "info",
    parts: [actor(by), ...PARTS[verb](administered)],
    attributes: changes.map(shown),
  };
}

const PARTS: Readonly<Record<AdministrativeVerb, (administered: Administered) => Part[]>> = {
  created: (it) => [text(" created the "), ...named(it)],
  changed: (it) => [text(` changed the ${settingNoun(it)}`), changedNames(it), text(" of the "), ...named(it)],
  renamed: (it) => [text(" renamed the "), ...named(it), text(" to "), value(labelText(it.endpoint))],
  replaced: (it) => [text(" created a new secret for the "), ...named(it)],
  emptied: (it) => [text(" emptied the "), ...named(it), text(" of "), resourcesIn(it)],
  deleted: (it) => [text(" deleted the "), ...named(it)],
  ended: ({ label }) => [text(" ended a session of the "), value(labelText(label))],
  downloaded: ({ label }) => [text(" downloaded the database as of "), value(labelText(label))],
};

function named({ object, label, endpoint }: Administered): Part[] {
  const name = value(labelText(label));
  if (object === "endpoint") return [text("endpoint "), name];
  return [text(`${object} "`), name, text('" of the endpoint '), value(labelText(endpoint))];
}

/** Names of settings need the word "setting" before them. */
function settingNoun({ object, changes }: Administered): string {
  if (object !== "endpoint") return "";
  return changes.length === 1 ? "setting " : "settings ";
}

function changedNames({ changes }: Administered): Part {
  return value(plainText(listed(changes.map(({ name }) => name))));
}

function resourcesIn({ removed = 0 }: Administered): Part {
  return value(counted(removed, "resource"), removed);
}

function shown({ name, before, after }: SettingChange): NamedChange {
  return {
    path: name,
    name,
    ...(before !== undefined && { before: valueText(before, name) }),
    ...(after !== undefined && { after: valueText(after, name) }),
  };
}
