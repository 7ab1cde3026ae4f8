import { badRequest, entityTag, type Reason, type ResourceModel, ScimError } from "@scimtool/scim";
import type { ValueTooLong } from "../store/store.ts";

/** Maximum length of a client's value in a refusal; it may have sent a megabyte. */
const MAX_REPEATED_CHARACTERS = 200;

function shortened(text: string): string {
  return text.length > MAX_REPEATED_CHARACTERS ? `${text.slice(0, MAX_REPEATED_CHARACTERS).toWellFormed()}…` : text;
}

export function resourceNotFound(model: ResourceModel, id: string): ScimError {
  return new ScimError(
    404,
    `There is no ${model.type.name} with the id "${shortened(id)}". Look it up first with GET ${model.type.endpoint}?filter=….`,
    { reason: { code: "unknownResource", type: model.type.name, id: shortened(id) } },
  );
}

/** A value that must be unique and that another resource has (RFC 7644 §3.3.1). */
export type ValueTaken = Extract<Reason, { code: "valueTaken" }>;

/** @param by the description of who has the value, if it is not the holder */
export function valueTaken(
  model: ResourceModel,
  { attribute, value, holder }: Omit<ValueTaken, "code">,
  by: string = holderText(holder),
): ScimError {
  return new ScimError(
    409,
    `${attribute} "${shortened(value)}" is taken by ${by}. Send another ${attribute}, or update that ${model.type.name} instead.`,
    { scimType: "uniqueness", reason: { code: "valueTaken", attribute, value, holder } },
  );
}

function holderText(holder: ValueTaken["holder"]): string {
  return holder === undefined
    ? "another resource"
    : `the ${holder.type} "${shortened(holder.label)}" (id ${holder.id})`;
}

export function valueTooLong({ attribute, characters, maxCharacters }: ValueTooLong): ScimError {
  return badRequest(
    "invalidValue",
    {
      code: "limitExceeded",
      limit: "valueCharacters",
      max: maxCharacters,
      actual: characters,
      path: attribute,
    },
    `${attribute} has ${characters} characters; at most ${maxCharacters} are accepted, because it has an index.`,
  );
}

/** Which value is taken, if that is why something was rejected. */
export function valueTakenIn(error: unknown): ValueTaken | undefined {
  return error instanceof ScimError && error.reason?.code === "valueTaken" ? error.reason : undefined;
}

export function versionMismatch(model: ResourceModel, ifMatch: string, revision: number): ScimError {
  return new ScimError(
    412,
    `The ${model.type.name} has changed: its version is ${entityTag(revision)}, If-Match names ${ifMatch.slice(0, 120)}. ` +
      "Read it again, and repeat the request with the new version.",
    { reason: { code: "versionMismatch", current: entityTag(revision), sent: ifMatch.slice(0, 120) } },
  );
}

/** RFC 9110 §13.1.2: the version in If-None-Match exists. */
export function versionIsThere(model: ResourceModel, ifNoneMatch: string, revision: number): ScimError {
  return new ScimError(
    412,
    `The ${model.type.name} exists in version ${entityTag(revision)}, which If-None-Match (${ifNoneMatch.slice(0, 120)}) rules out, so nothing was changed. ` +
      "Omit If-None-Match to change it.",
    { reason: { code: "versionExists", current: entityTag(revision), sent: ifNoneMatch.slice(0, 120) } },
  );
}

/** @param path of the members */
export function memberSearchRefusal(path: string, maxMs: number): ScimError {
  return badRequest(
    "tooMany",
    { code: "searchTooLong", path, maxMs },
    `${path}: the search for the members that the paths select took longer than ${maxMs / 1_000} s, so nothing was changed. ` +
      `Select members by value, as in ${path}[value eq "…"], or send fewer operations.`,
  );
}

export function unknownMembersRefusal(ids: readonly string[]): ScimError {
  const shown = ids.slice(0, 3).map((id) => JSON.stringify(id.slice(0, 80)));
  const more = ids.length > shown.length ? ` and ${ids.length - shown.length} more` : "";
  return badRequest(
    "invalidValue",
    {
      code: "unknownReference",
      path: "members",
      types: ["User", "Group"],
      ids: ids.slice(0, 3).map((id) => id.slice(0, 80)),
    },
    `members: no User or Group has the id ${shown.join(", ")}${more}. Create it first, and send the ID from the response as value.`,
  );
}

/** For a path that is not a resource type's. */
export function nothingServedAt(path: string, models: readonly ResourceModel[]): ScimError {
  const types = models.map(({ type }) => type.endpoint);
  return new ScimError(404, `There is no resource type at ${path.slice(0, 200)}. There are ${types.join(", ")}.`, {
    reason: { code: "unknownPath", path: path.slice(0, 200) },
  });
}

/**
 * For endpoints that require every write to name its version (RFC 6585 §3).
 * @param how the way to send the version
 */
export function versionRequired(how: string): ScimError {
  return new ScimError(
    428,
    `This endpoint requires every change to name the version it applies to. Read the resource, and ${how}.`,
    { reason: { code: "versionRequired" } },
  );
}

/**
 * Unsupported features get 501 (RFC 7644 §3.12, Table 8).
 * @param what as a noun: "PATCH"
 */
export function featureOff(feature: "patch" | "bulk" | "sort", what: string): ScimError {
  return new ScimError(501, `This endpoint does not support ${what}; see /ServiceProviderConfig.`, {
    reason: { code: "featureOff", feature },
  });
}

/** RFC 7644 §3.12, Table 9. */
export function filterOff(operator: string): ScimError {
  return badRequest(
    "invalidFilter",
    { code: "filterOff" },
    `filter: this endpoint supports only eq, alone or joined by and, but not ${operator}.`,
  );
}
