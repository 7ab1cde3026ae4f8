import type { Change, Json } from "@scimtool/scim";
import type { Reference } from "../../store/store.ts";
import type { Actor, Written } from "../exchange-facts.ts";
import { actor, owner, resource, text } from "../words/parts.ts";
import type { NamedChange, Part, Sentence, SentenceKind } from "../words/sentence.ts";
import { labelText } from "../words/value-text.ts";

type AttributeChange = Extract<Change, { kind: "attribute" }>;

/** Of the enterprise extension (RFC 7643 §4.3). */
const MANAGER_PATH = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager";
const PARTS = new Set(["value", "displayName", "$ref"].map((part) => `${MANAGER_PATH}.${part}`));

export function isManagerChange({ path }: Change): boolean {
  return PARTS.has(path);
}

/**
 * "Entra ID changed Alice's manager from Bob to Carol".
 * @param changes those of the manager
 * @returns undefined where they do not say who it was or is
 */
export function managerSentence(
  { resource: user, givenName }: Pick<Written, "resource" | "givenName">,
  changes: readonly AttributeChange[],
  by: Actor,
): Sentence | undefined {
  const id = changes.find(({ path }) => path.endsWith(".value"));
  const name = changes.find(({ path }) => path.endsWith(".displayName"));
  const [before, after] = [reference(id?.before, name?.before), reference(id?.after, name?.after)];
  if (before === undefined && after === undefined) return undefined;
  const manager: NamedChange = {
    path: MANAGER_PATH,
    name: "manager",
    ...(before !== undefined && { before: labelText(before.label) }),
    ...(after !== undefined && { after: labelText(after.label) }),
  };
  const sentence = (kind: SentenceKind, verb: string, parts: readonly Part[]): Sentence => {
    const whose = [...owner(user, givenName), text(" manager")];
    return { kind, severity: "info", parts: [actor(by), text(verb), ...whose, ...parts], attributes: [manager] };
  };
  const was = before === undefined ? [] : resource(before);
  if (after === undefined) return sentence("manager.removed", " removed ", [text(" (it was "), ...was, text(")")]);
  const now = [text(" to "), ...resource(after)];
  if (id === undefined) return sentence("manager.renamed", " changed the name of ", now);
  if (before === undefined) return sentence("manager.changed", " set ", now);
  return sentence("manager.changed", " changed ", [text(" from "), ...was, ...now]);
}

function reference(id: Json | undefined, name: Json | undefined): Reference | undefined {
  const label = [name, id].find((each) => typeof each === "string" && each !== "");
  if (typeof label !== "string") return undefined;
  return { type: "User", id: typeof id === "string" ? id : "", label };
}
