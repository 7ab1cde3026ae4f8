import { isObject, isSecretAttribute, type Note, type ResourceModel } from "@scimtool/scim";
import type { Finding } from "../../store/exchange.ts";
import { vendorOf } from "../dialect/client.ts";
import type { Refused } from "../exchange-facts.ts";
import { labelText, plainText } from "../words/values.ts";
import { finding } from "./finding.ts";
import { meantBy, schemaMeantBy } from "./meant.ts";
import type { Done, Seen } from "./seen.ts";

/** A mapping with many wrong names is understood from the first. */
const MAX_NAMES = 5;

/** Names of attributes and schemas that the tolerant profile accepted although the endpoint does not define them. */
export function findNames(seen: Seen, done: Done): readonly Finding[] {
  return done.fact.notes.flatMap((note) => findName(seen, done, note) ?? []).slice(0, MAX_NAMES);
}

function findName(seen: Seen, done: Done, note: Note): Finding | undefined {
  switch (note.code) {
    case "unknown-attribute":
      return unknownAttribute(seen, done, note);
    case "unqualified-extension-attribute":
      return unqualified(seen, note);
    case "malformed-urn":
      return misspelledSchema(seen, note);
    case "unknown-schema":
      return unknownSchema(seen, done, note);
    default:
      return undefined;
  }
}

function unknownAttribute({ facts }: Seen, { fact, subject, written }: Done, { where, detail }: Note): Finding {
  const { endpoint, model } = subject;
  const resource = labelText(fact.resource.label);
  if (isSecretAttribute(where.split(/[.:]/).at(-1) ?? "", endpoint.secrets)) {
    const values = { attributes: plainText(where), resource };
    return finding("secret.not-stored", facts.actor, values, { resources: [fact.resource] });
  }
  const meant = meantBy(where, model);
  const state = written.after["active"] === false ? "deactivated" : "active";
  const unchanged = meant === "active" ? { state, resource } : {};
  const values = { name: plainText(where), effect: effectOf(detail), ...targetOf(meant), ...unchanged };
  return finding("name.attribute", facts.actor, values);
}

function unqualified({ facts }: Seen, { where, detail }: Note): Finding | undefined {
  // Entra ID always sends the manager like this.
  if (vendorOf(facts.actor.dialect) === "entra" && where === "manager") return undefined;
  const [, meant] = /read as (\S+)$/.exec(detail) ?? [];
  return finding("name.extension", facts.actor, { name: plainText(where), effect: effectOf(detail), meant });
}

function misspelledSchema({ facts }: Seen, { where, detail }: Note): Finding {
  const [, urn = where, meant] = /URN (\S+) was read as (\S+)$/.exec(detail) ?? [];
  const values = { name: plainText(urn), problem: "which is misspelled", effect: effectOf(detail), meant };
  return finding("name.schema", facts.actor, values);
}

const MICROSOFT_GROUP = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group";

function unknownSchema({ facts }: Seen, { subject }: Done, { where, detail }: Note): Finding | undefined {
  const [, urn = where] = /(urn:[^\s"]+)/i.exec(detail) ?? /"([^"]+)"/.exec(detail) ?? [];
  // Entra ID always sends it with a group.
  if (urn === MICROSOFT_GROUP) return undefined;
  const isOld = /^urn:scim:schemas:(?:core|extension:enterprise):1\.\d/i.test(urn);
  const meant = schemaMeantBy(urn, subject.model);
  return finding("name.schema", facts.actor, {
    name: plainText(urn),
    problem: "which this endpoint does not have",
    effect: isOld ? `${effectOf(detail)} It is a schema of SCIM 1.1.` : effectOf(detail),
    meant,
    guess: meant,
    custom: meant === undefined ? "" : undefined,
  });
}

/** The attribute to map a value to, or no mapping if there is no such attribute. */
function targetOf(meant: string | undefined): Readonly<Record<string, string>> {
  return meant === undefined ? { unmapped: "" } : { meant, mapped: "" };
}

/** An attribute or schema for which a request was refused. */
export function findRefusedName(seen: Seen, { reason, attempted }: Refused): Finding | undefined {
  const { facts, endpoint, answered } = seen;
  const isUnknown = reason?.code === "notInProfile" && UNKNOWN_NAMES.has(reason.tolerance);
  const model = endpoint?.models.find(({ type }) => type.name === attempted.type);
  if (reason?.code === "missing" && model !== undefined && isObject(answered.requestJson)) {
    const sent = Object.keys(answered.requestJson).slice(0, MAX_NAMES_COMPARED);
    const name = sent.find((each) => !model.attributes.has(each.toLowerCase()) && isMeantAs(each, reason.path, model));
    if (name === undefined) return undefined;
    const effect = `The request was refused, because ${reason.path} is required.`;
    return finding("name.attribute", facts.actor, { name: plainText(name), effect, ...targetOf(reason.path) });
  }
  if (reason === undefined || !(isUnknown || reason.code === "unknownAttribute")) return undefined;
  const path = "path" in reason ? String(reason.path) : "";
  const meant = model && meantBy(path, model);
  const isUnqualified = isUnknown && reason.tolerance === "unqualified-extension-attribute";
  const values = { name: plainText(path), effect: "The request was refused." };
  return finding(isUnqualified ? "name.extension" : "name.attribute", facts.actor, {
    ...values,
    ...(attempted.action === "search" || attempted.action === "read" ? { meant, query: "" } : targetOf(meant)),
    ...(isUnknown && { strict: "" }),
  });
}

const MAX_NAMES_COMPARED = 100;

function isMeantAs(name: string, path: string, model: ResourceModel): boolean {
  return meantBy(name, model) === path || (path === "displayName" && /^(?:name|group_?name|cn)$/i.test(name));
}

const UNKNOWN_NAMES: ReadonlySet<string> = new Set(["unknown-attribute", "unqualified-extension-attribute"]);

function effectOf(detail: string): string {
  return `${plainText(detail.charAt(0).toUpperCase() + detail.slice(1), 300)}.`;
}
