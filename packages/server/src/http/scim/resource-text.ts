import { type JsonObject, type Projection, project, type ResourceModel, shows } from "@scimtool/scim";
import { RESOURCE_ID_LENGTH } from "../../directory/resource.ts";
import { locationFromEnd } from "../../store/resource-body.ts";
import type { Include, ListedResource, Reference } from "../../store/store.ts";

/** How resources are written: their type, base URIs, and which attributes are returned. */
export type Presentation = {
  readonly model: ResourceModel;
  /** Base URIs of resources by type, each with a trailing slash. */
  readonly locations: ReadonlyMap<string, string>;
  readonly projection: Projection | undefined;
};

/** Which attributes with tables of their own (groups, members) the answer contains; others are not read. */
export function includeFor({ model, projection }: Presentation): Include {
  const groups = model.attributes.get("groups");
  return {
    groups: groups !== undefined && groups.mutability === "readOnly" && shows(projection, groups),
    members: model.collection !== undefined && shows(projection, model.collection),
  };
}

export function resourceText(stored: ListedResource, presentation: Presentation): string {
  if (!needsProjection(presentation)) return wholeText(stored, presentation);
  const whole = JSON.parse(wholeText(stored, presentation)) as JsonObject;
  return JSON.stringify(project(whole, presentation.projection, presentation.model));
}

/** Members of one piece of a {@link longResourceText}. */
const MEMBERS_PER_PIECE = 500;

/**
 * Like {@link resourceText}, in pieces, for a resource with many members, because writing all of them at once takes
 * long.
 */
export function* longResourceText(stored: ListedResource, presentation: Presentation): Generator<string> {
  const { members = [] } = stored;
  yield resourceText({ ...stored, members: [] }, presentation).slice(0, -1);
  let before = `,"${presentation.model.collection?.name}":[`;
  for (let at = 0; at < members.length; at += MEMBERS_PER_PIECE) {
    const text = membersText(members.slice(at, at + MEMBERS_PER_PIECE), presentation);
    if (text === "") continue;
    yield before + text;
    before = ",";
  }
  yield before === "," ? "]}" : "}";
}

/** Members as they are returned, separated by commas. */
function membersText(members: readonly Reference[], { model, locations, projection }: Presentation): string {
  const whole = members.map((member) => memberText(member, locations)).join(",");
  const name = model.collection?.name ?? "";
  if (!needsProjection({ model, locations, projection })) return whole;
  const shown = project({ [name]: JSON.parse(`[${whole}]`) }, projection, model)[name];
  return shown === undefined ? "" : JSON.stringify(shown).slice(1, -1);
}

/** Whether the stored text contains attributes that are not returned; {@link includeFor} omits groups and members. */
export function needsProjection({ model, projection }: Presentation): boolean {
  if (projection === undefined) return model.hasHiddenAttributes;
  if (model.hasHiddenAttributes || projection.mode === "attributes" || projection.others.size > 0) return true;
  for (const attribute of projection.named) {
    if (attribute !== model.collection && attribute.path !== "groups") return true;
  }
  return false;
}

/** Characters of a stored body from the insertion point of the base URI to the end: the same for all, as IDs are UUIDs. */
export const AFTER_BASE_URI = locationFromEnd(RESOURCE_ID_LENGTH);

/** The stored body with the base URI inserted before the ID in `meta.location`, and groups and members at the end. */
function wholeText(stored: ListedResource, presentation: Presentation): string {
  const { body } = stored;
  const at = body.length - AFTER_BASE_URI;
  return `${body.slice(0, at)}${baseUriOf(presentation)}${body.slice(at, -1)}${linksText(stored, presentation)}}`;
}

/** Base URI of resources of the presented type, with a trailing slash. */
export function baseUriOf({ model, locations }: Presentation): string {
  return locations.get(model.type.name) ?? "";
}

/** Groups and members, each attribute after a comma. */
export function linksText({ groups, members = [] }: ListedResource, { model, locations }: Presentation): string {
  const groupsText =
    groups.length === 0 ? "" : `,"groups":[${groups.map((group) => groupText(group, locations)).join(",")}]`;
  if (members.length === 0) return groupsText;
  return `${groupsText},"${model.collection?.name}":[${members.map((member) => memberText(member, locations)).join(",")}]`;
}

export function locationOf(id: string, type: string, locations: ReadonlyMap<string, string>): string {
  return (locations.get(type) ?? "") + id;
}

function groupText({ id, type, label }: Reference, locations: ReadonlyMap<string, string>): string {
  return `{"value":"${id}","$ref":"${locationOf(id, type, locations)}","display":${JSON.stringify(label)},"type":"direct"}`;
}

function memberText({ id, type, label }: Reference, locations: ReadonlyMap<string, string>): string {
  // An unknown member, which may be any text.
  if (type === "") return `{"value":${JSON.stringify(id)}}`;
  return `{"value":"${id}","$ref":"${locationOf(id, type, locations)}","display":${JSON.stringify(label)},"type":"${type}"}`;
}
