import { MAX_BODY_BYTES } from "./settings.ts";

const TYPE_AND_PATH = {
  type: "array",
  maxItems: 100,
  items: { type: "string", pattern: "^[A-Za-z][A-Za-z0-9_-]*:.+$", maxLength: 300 },
} as const;

/** A hundred years are no limit. */
const DAYS = { type: "integer", minimum: 1, maximum: 36_500 } as const;

/** JSON Schema of what may be set, for checking a request and for the description of the API. */
export const SETTINGS_SCHEMA = {
  type: "object",
  additionalProperties: false,
  properties: {
    profile: {
      type: "string",
      enum: ["tolerant", "strict", "interop"],
      description:
        "How closely clients are held to the RFCs: tolerant understands what identity providers send beyond them, strict refuses it, interop follows the interoperability profile draft.",
    },
    unique: {
      ...TYPE_AND_PATH,
      description:
        "Attributes that no two resources of a type may share, as Type:path. A second one is answered 409. Default: Group:displayName. User:userName always is one.",
    },
    recreate: {
      type: "string",
      enum: ["refuse", "reactivate"],
      description:
        "What a POST with the userName of a deactivated user is answered: 409, or 201 with that user, active again.",
    },
    patchAnswer: {
      type: "string",
      enum: ["auto", "200", "204"],
      description: "What a PATCH is answered; auto is 200 with the resource, and 204 for groups.",
    },
    requireEtag: {
      type: "boolean",
      description: "Whether PUT, PATCH and DELETE without If-Match are answered 428.",
    },
    danglingReferences: {
      type: "string",
      enum: ["accept", "refuse"],
      description:
        "What happens to a member or manager that no resource is: kept as it came, or the request answered 400. Default: accept in the tolerant profile, else refuse.",
    },
    limits: {
      type: "object",
      additionalProperties: false,
      properties: {
        requestsPerSecond: { type: "number", minimum: 0.1, maximum: 1_000_000, description: "Beyond it 429." },
        concurrentRequests: { type: "integer", minimum: 1, maximum: 100_000, description: "Beyond it 429." },
        maxBodyBytes: { type: "integer", minimum: 1_024, maximum: MAX_BODY_BYTES, description: "Beyond it 413." },
        maxPageSize: { type: "integer", minimum: 1, maximum: 10_000, description: "Resources of a page at most." },
        maxBulkOperations: { type: "integer", minimum: 1, maximum: 10_000, description: "Beyond it 413." },
        cursorTimeoutSeconds: { type: "integer", minimum: 1, maximum: 86_400, description: "Age of a cursor at most." },
      },
    },
    retention: {
      type: "object",
      additionalProperties: false,
      description: "How long what happened is kept; it goes from the oldest on.",
      properties: {
        exchanges: {
          type: "object",
          additionalProperties: false,
          description: "Requests and their answers. Whichever limit is reached first counts.",
          properties: {
            maxAgeDays: { ...DAYS, description: "Days, and an hour more. Default: 30." },
            maxCount: {
              type: "integer",
              minimum: 0,
              maximum: 1_000_000_000,
              description: "So many of the newest, and up to a thousand more. Default: no limit.",
            },
            maxBytes: {
              type: "integer",
              minimum: 1_048_576,
              maximum: 1_099_511_627_776,
              description: "Compressed, and with what they are searched by. Default: 1 GiB.",
            },
          },
        },
        history: {
          type: "object",
          additionalProperties: false,
          description: "Versions of resources, also of those that were deleted.",
          properties: { maxAgeDays: { ...DAYS, description: "Days. Default: 365." } },
        },
      },
    },
    schemas: {
      type: "array",
      maxItems: 100,
      items: { type: "object", additionalProperties: true },
      description: "Schemas in the form of RFC 7643 §7.",
    },
    resourceTypes: {
      type: "array",
      maxItems: 100,
      items: { type: "object", additionalProperties: true },
      description: "Resource types in the form of RFC 7643 §6; one named User or Group adds extensions to that.",
    },
    indexed: { ...TYPE_AND_PATH, description: "Attributes to index, as Type:path." },
  },
} as const;
