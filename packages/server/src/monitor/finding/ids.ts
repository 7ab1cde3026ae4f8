import type { Finding } from "../../store/exchange.ts";
import type { Reference } from "../../store/store.ts";
import type { Outcome } from "../exchange-facts.ts";
import { typeNoun } from "../words/names.ts";
import { plainText } from "../words/values.ts";
import type { Seen } from "./find.ts";
import { finding } from "./finding.ts";
import { otherValues } from "./identity.ts";
import { isUnfilled } from "./values.ts";

/** Longer texts are nobody's name. */
const MAX_CHARACTERS = 500;

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
  return finding("id.other-name", facts.actor, { ...values, attribute, ...otherValues(other) }, { resources: [other] });
}

function idAskedFor(outcome: Outcome): { readonly type: string; readonly id: string } | undefined {
  if (outcome.kind === "read" && !outcome.found && outcome.former === undefined && outcome.elsewhere === undefined) {
    return outcome;
  }
  if (outcome.kind !== "refused" || outcome.status !== 404 || outcome.former !== undefined) return undefined;
  const { type, id } = outcome.attempted;
  return type === undefined || id === undefined || outcome.elsewhere !== undefined ? undefined : { type, id };
}

/** Who has a text, which is not the ID, in an attribute by which clients know people and groups. */
export async function namedBy(
  { store, endpoint }: Seen,
  text: string,
  type = "User",
): Promise<{ attribute: string; other: Reference } | undefined> {
  const model = endpoint?.models.find((each) => each.type.name === type);
  if (endpoint === undefined || model === undefined) return undefined;
  const names = type === "User" ? ["userName", "externalId"] : ["displayName", "externalId"];
  for (const attribute of names.filter((name) => model.attributes.has(name.toLowerCase()))) {
    const other = await store.resources.anotherWith(store.committed, endpoint.key, model, attribute, text, "");
    if (other !== undefined) return { attribute, other };
  }
  return undefined;
}
