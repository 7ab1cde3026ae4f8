import { isObject } from "@scimtool/scim";
import type { Finding } from "../../store/exchange.ts";
import type { Reference } from "../../store/store.ts";
import type { Outcome } from "../exchange-facts.ts";
import { typeNoun } from "../words/names.ts";
import { labelText, plainText } from "../words/values.ts";
import { finding } from "./finding.ts";
import { otherValues } from "./identity.ts";
import { doubledSegment } from "./paths.ts";
import type { Done, Seen } from "./seen.ts";
import { isUnfilled } from "./values.ts";

/** Longer texts are nobody's name. */
const MAX_CHARACTERS = 500;

/** An ID that a client chose for a resource. */
export function findIgnoredId({ facts, answered }: Seen, { fact, subject }: Done): Finding | undefined {
  const { requestJson } = answered;
  const sent = isObject(requestJson) && answered.happened.kind === "written" ? requestJson["id"] : undefined;
  const isWhole = fact.action === "create" || fact.action === "replace";
  if (!isWhole || typeof sent !== "string" || sent === "" || sent === fact.resource.id) return undefined;
  const { id, label } = fact.resource;
  const path = subject.endpoint.basePath + subject.model.type.endpoint;
  const values = { sent: plainText(sent), resource: labelText(label), id, path };
  return finding("id.ignored", facts.actor, values, { resources: [fact.resource] });
}

/** Something else than an ID, where a URL has one: a word for nothing, another attribute, or the ID in another form. */
export async function findWrongId(seen: Seen, outcome: Outcome): Promise<Finding | undefined> {
  const { endpoint, facts, store } = seen;
  const asked = idAskedFor(outcome);
  const model = endpoint?.models.find(({ type }) => type.name === asked?.type);
  if (asked === undefined || endpoint === undefined || model === undefined) return undefined;
  const { id } = asked;
  if (id.length > MAX_CHARACTERS) return undefined;
  const { type } = model;
  const values = { type: typeNoun(type.name), id: plainText(id), path: endpoint.basePath + type.endpoint };
  const isUser = type.name === "User";
  if (`/${id}` === type.endpoint) return doubledSegment(seen, id, "");
  if (isUnfilled(id)) {
    return finding("id.placeholder", facts.actor, { ...values, attribute: isUser ? "userName" : "displayName" });
  }
  const plain = id.replace(/^[\s"'{(]+|[\s"'})]+$/g, "").toLowerCase();
  const written = /^[\da-f]{32}$/.test(plain) ? plain.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-") : plain;
  if (written !== id) {
    const meant = (await store.resources.references(store.committed, endpoint.key, [written])).get(written);
    if (meant !== undefined) {
      return finding("id.form", facts.actor, { ...values, ...otherValues(meant) }, { resources: [meant] });
    }
  }
  const named = await namedBy(seen, id, type.name);
  if (named === undefined) return undefined;
  const { attribute, other } = named;
  const names = { attribute: nameOfIdentifier(attribute), path: `${values.path}?filter=${attribute}` };
  return finding("id.other-name", facts.actor, { ...values, ...names, ...otherValues(other) }, { resources: [other] });
}

function idAskedFor(outcome: Outcome): { readonly type: string; readonly id: string } | undefined {
  if (outcome.kind === "read" && !outcome.found && outcome.former === undefined && outcome.elsewhere === undefined) {
    return outcome;
  }
  if (outcome.kind !== "refused" || outcome.status !== 404 || outcome.former !== undefined) return undefined;
  const { type, id } = outcome.attempted;
  return type === undefined || id === undefined || outcome.elsewhere !== undefined ? undefined : { type, id };
}

/** `userName` and `externalId` as they are, because people look for them in mappings. */
export function nameOfIdentifier(path: string): string {
  return path === "emails.value" ? "e-mail address" : path;
}

/** Who has a text, which is not the ID, in an attribute by which clients know people and groups. */
export async function namedBy(
  { store, endpoint }: Seen,
  text: string,
  type = "User",
): Promise<{ attribute: string; other: Reference } | undefined> {
  const model = endpoint?.models.find((each) => each.type.name === type);
  if (endpoint === undefined || model === undefined) return undefined;
  const names = type === "User" ? ["userName", "externalId", "emails.value"] : ["displayName", "externalId"];
  for (const attribute of names) {
    const [top = "", sub = ""] = attribute.toLowerCase().split(".");
    const node = sub === "" ? model.attributes.get(top) : model.attributes.get(top)?.children.get(sub);
    if (node === undefined || !store.isIndexed(model, node) || (sub !== "" && !text.includes("@"))) continue;
    const other = await store.resources.anotherWith(store.committed, endpoint.key, model, attribute, text, "");
    if (other !== undefined) return { attribute, other };
  }
  return undefined;
}
