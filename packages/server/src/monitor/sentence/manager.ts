import type { Change, Json } from "@scimtool/scim";
import type { Reference } from "../../store/store.ts";
import type { Actor } from "../happening.ts";
import { agent, resource, text } from "../words/parts.ts";
import type { NamedChange, Sentence } from "../words/sentence.ts";
import { labelText } from "../words/value-text.ts";

type AttributeChange = Extract<Change, { kind: "attribute" }>;

/** Of the enterprise extension (RFC 7643 §4.3). */
const MANAGER_PATH = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager";
const PARTS = new Set(["value", "displayName", "$ref"].map((part) => `${MANAGER_PATH}.${part}`));

export function isManagerChange({ path }: Change): boolean {
  return PARTS.has(path);
}

/** "Manager of Alice is now Carol". @param changes those of the manager; undefined where they say nothing of it */
export function managerSentence(
  user: Reference,
  changes: readonly AttributeChange[],
  actor: Actor,
): Sentence | undefined {
  const id = changes.find(({ path }) => path.endsWith(".value"));
  const name = changes.find(({ path }) => path.endsWith(".displayName"));
  const [before, after] = [reference(id?.before, name?.before), reference(id?.after, name?.after)];
  if (before === undefined && after === undefined) return undefined;
  const managerOf = [text("Manager of "), ...resource(user)];
  const change: NamedChange = {
    path: MANAGER_PATH,
    name: "manager",
    ...(before !== undefined && { before: labelText(before.label) }),
    ...(after !== undefined && { after: labelText(after.label) }),
  };
  const common = { severity: "info", attributes: [change] } as const;
  const was = before === undefined ? [] : [text(" (it was "), ...resource(before), text(")")];
  if (after === undefined) {
    return { kind: "manager.removed", parts: [...managerOf, text(" was removed"), ...agent(actor), ...was], ...common };
  }
  const isSame = id === undefined;
  const parts = [...managerOf, text(isSame ? " is now called " : " is now "), ...resource(after)];
  return {
    kind: isSame ? "manager.renamed" : "manager.changed",
    parts: [...parts, ...agent(actor, ", set by ")],
    ...common,
  };
}

function reference(id: Json | undefined, name: Json | undefined): Reference | undefined {
  const label = [name, id].find((each) => typeof each === "string" && each !== "");
  if (typeof label !== "string") return undefined;
  return { type: "User", id: typeof id === "string" ? id : "", label };
}
