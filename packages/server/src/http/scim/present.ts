import {
  cursorListResponseHead,
  type JsonObject,
  LIST_RESPONSE_TAIL,
  listResponseHead,
  type Projection,
  project,
  type ResourceModel,
  shows,
} from "@scimtool/scim";
import { RESOURCE_ID_LENGTH } from "../../directory/resource-id.ts";
import type { Page } from "../../directory/search.ts";
import { locationFromEnd } from "../../store/resource-body.ts";
import type { ListedResource, Reference, Wanted } from "../../store/store.ts";

/** What an answer needs to be written: which resource type, where it is served, which attributes are shown. */
export type Presentation = {
  readonly model: ResourceModel;
  /** Base URI of resources by type, with a slash at its end. */
  readonly locations: ReadonlyMap<string, string>;
  readonly projection: Projection | undefined;
};

/** Which attributes that are rows the answer shows, so that others are not looked up. */
export function wantedBy({ model, projection }: Presentation): Wanted {
  const groups = model.attributes.get("groups");
  return {
    groups: groups !== undefined && groups.mutability === "readOnly" && shows(projection, groups),
    members: model.collection !== undefined && shows(projection, model.collection),
  };
}

/** The resource as JSON text. */
export function resourceText(stored: ListedResource, presentation: Presentation): string {
  if (!needsProjection(presentation)) return wholeText(stored, presentation);
  const whole = JSON.parse(wholeText(stored, presentation)) as JsonObject;
  return JSON.stringify(project(whole, presentation.projection, presentation.model));
}

/** How each resource of a page is presented. */
export type PresentationOf<Resource extends ListedResource> = (resource: Resource) => Presentation;

/** Where the JSON text of an answer goes, piece by piece. */
export type Sink = {
  readonly text: (text: string) => void;
  /** A resource of which nothing is left out. */
  readonly whole: (stored: ListedResource, presentation: Presentation) => void;
  readonly comma: () => void;
};

/** Writes a page as a ListResponse (RFC 7644 §3.4.2). */
export function writePage<Resource extends ListedResource>(
  page: Page<Resource>,
  presentationOf: PresentationOf<Resource>,
  sink: Sink,
): void {
  sink.text(pageHead(page));
  let known: Presentation | undefined;
  let isWhole = false;
  let left = page.resources.length;
  for (const stored of page.resources) {
    const presentation = presentationOf(stored);
    if (presentation !== known) isWhole = !needsProjection(presentation);
    known = presentation;
    if (isWhole) sink.whole(stored, presentation);
    else sink.text(resourceText(stored, presentation));
    if (--left > 0) sink.comma();
  }
  sink.text(LIST_RESPONSE_TAIL);
}

function pageHead<Resource extends ListedResource>(page: Page<Resource>): string {
  const { totalResults, resources } = page;
  return "cursors" in page
    ? cursorListResponseHead(totalResults, resources.length, page.cursors)
    : listResponseHead(totalResults, page.startIndex, resources.length);
}

/** Leaving out nothing but rows, which {@link wantedBy} has already left out, needs no look into the resource. */
function needsProjection({ model, projection }: Presentation): boolean {
  if (projection === undefined) return model.hasHiddenAttributes;
  if (model.hasHiddenAttributes || projection.mode === "attributes" || projection.others.size > 0) return true;
  for (const attribute of projection.named) {
    if (attribute !== model.collection && attribute.path !== "groups") return true;
  }
  return false;
}

/** What of a resource's body stands behind the place for the address: all ids are UUIDs. */
export const BEHIND_ADDRESS = locationFromEnd(RESOURCE_ID_LENGTH);

/** The body as it lies, with the address put before the id in its location, and what is rows before its last brace. */
export function wholeText(stored: ListedResource, presentation: Presentation): string {
  const { body } = stored;
  const at = body.length - BEHIND_ADDRESS;
  return `${body.slice(0, at)}${addressOf(presentation)}${body.slice(at, -1)}${linksText(stored, presentation)}}`;
}

/** Where resources like this one are served, with a slash at its end. */
export function addressOf({ model, locations }: Presentation): string {
  return locations.get(model.type.name) ?? "";
}

/** The attributes that are rows, each behind a comma. */
export function linksText({ groups, members = [] }: ListedResource, { model, locations }: Presentation): string {
  const groupsText = groups.length === 0 ? "" : groupsTextOf(groups, locations);
  if (members.length === 0) return groupsText;
  return `${groupsText},"${model.collection?.name}":[${members.map((member) => memberText(member, locations)).join(",")}]`;
}

/** The URI of a resource. */
export function locationOf(id: string, type: string, locations: ReadonlyMap<string, string>): string {
  return (locations.get(type) ?? "") + id;
}

/** The groups that were written last. Neighbours on a page who are in the same one share the list of it. */
let last = {
  groups: [] as readonly Reference[],
  locations: new Map() as ReadonlyMap<string, string>,
  text: "",
};

function groupsTextOf(groups: readonly Reference[], locations: ReadonlyMap<string, string>): string {
  if (last.groups === groups && last.locations === locations) return last.text;
  const text = `,"groups":[${groups.map((group) => groupText(group, locations)).join(",")}]`;
  last = { groups, locations, text };
  return text;
}

function groupText({ id, type, label }: Reference, locations: ReadonlyMap<string, string>): string {
  return `{"value":"${id}","$ref":"${locationOf(id, type, locations)}","display":${JSON.stringify(label)},"type":"direct"}`;
}

function memberText({ id, type, label }: Reference, locations: ReadonlyMap<string, string>): string {
  // Kept as it came: no resource has this id, which is then any text.
  if (type === "") return `{"value":${JSON.stringify(id)}}`;
  return `{"value":"${id}","$ref":"${locationOf(id, type, locations)}","display":${JSON.stringify(label)},"type":"${type}"}`;
}
