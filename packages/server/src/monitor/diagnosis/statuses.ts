import { text } from "../words/parts.ts";
import { causeOf } from "./bad-request.ts";
import { atEndpoint, atProvider, atServer, type Explain, type Remedy, type Rule } from "./diagnosis.ts";
import { wordsOf } from "./provider-words.ts";

type Status = {
  readonly code: string;
  /** Undefined: what the client was told. */
  readonly cause: string | undefined;
  readonly rule: Rule;
  readonly why: string;
  readonly remedies: readonly Remedy[];
};

function rule(section: string, text: string): Rule {
  return { section, text };
}

/** Refusals that the status alone explains. */
const STATUSES: ReadonlyMap<number, Status> = new Map([
  [
    403,
    {
      code: "forbidden",
      cause: undefined,
      rule: rule("RFC 7644 §4", "A filter on an endpoint of the description is answered 403."),
      why: "What was asked for is not permitted here, whoever asks.",
      remedies: [atProvider("Leave the filter out when the description of the server is read.")],
    },
  ],
  [
    405,
    {
      code: "method",
      cause: "the method is not possible at this path",
      rule: rule("RFC 9110 §15.5.6", "A method that a resource does not have is answered 405, with those that it has."),
      why: "The path is right and the method is not: writes go to one resource, creations to its type.",
      remedies: [atProvider("Look at the path: an id may be missing in it, or be one too many.")],
    },
  ],
  [
    412,
    {
      code: "version",
      cause: "it was changed by somebody else meanwhile",
      rule: rule("RFC 7644 §3.14", "What is asked for with If-Match is done only with the version that it names."),
      why: "The client names a version that it saw before, and the resource has another one now. Nothing was lost.",
      remedies: [atProvider("Nothing needs to be done: it reads the resource again and repeats what it wants.")],
    },
  ],
  [
    413,
    {
      code: "size",
      cause: undefined,
      rule: rule("RFC 7644 §3.7.4", "A request that is larger than a server takes is answered 413."),
      why: "The body, or the number of operations in it, is beyond the limits of this endpoint.",
      remedies: [
        atProvider("Send fewer values or operations in one request."),
        atEndpoint("limits.maxBodyBytes", 'Raise "maxBodyBytes", and "maxBulkOperations" for bulk requests.'),
      ],
    },
  ],
  [
    415,
    {
      code: "media-type",
      cause: "its body is of a kind that is not read here",
      rule: rule("RFC 7644 §3.8", "Bodies are application/scim+json, or application/json, in UTF-8."),
      why: "The Content-Type says that the body is something else than JSON.",
      remedies: [atProvider("Send Content-Type: application/scim+json. A proxy in between may change it.")],
    },
  ],
  [
    428,
    {
      code: "version-missing",
      cause: "it does not say which version it changes",
      rule: rule("RFC 6585 §3", "A server may want every change to name the version that it is meant for."),
      why: "This endpoint wants If-Match with every change. Neither Entra ID nor Okta is known to send it.",
      remedies: [
        atEndpoint("requireEtag", 'Set "requireEtag" to false: changes are then made to whatever version there is.'),
      ],
    },
  ],
  [
    429,
    {
      code: "rate",
      cause: "too many requests came at once",
      rule: rule("RFC 6585 §4", "A client that sends too many requests is answered 429, and told when to come again."),
      why: "The limits of this endpoint were reached. The request changed nothing.",
      remedies: [
        atEndpoint(
          "limits.requestsPerSecond",
          'Raise "requestsPerSecond" or "concurrentRequests": Entra ID wants 25 requests per second at least.',
        ),
      ],
    },
  ],
  [
    501,
    {
      code: "not-implemented",
      cause: undefined,
      rule: rule("RFC 7644 §3.12", "What a server does not support is answered 501."),
      why: "This server does not do that.",
      remedies: [atProvider("Choose what ServiceProviderConfig lists as supported.")],
    },
  ],
  [
    503,
    {
      code: "unavailable",
      cause: "the server took no requests at the moment",
      rule: rule("RFC 9110 §15.6.4", "What passes by itself is answered 503, with when to come again."),
      why: "The database was closed, busy with a backup, or held by another instance. The request changed nothing.",
      remedies: [atServer("If it lasts, see the state of the backup, and whether another instance has the database.")],
    },
  ],
  [
    507,
    {
      code: "disk-full",
      cause: "the server's disk is full",
      rule: rule("RFC 4918 §11.5", "What cannot be stored is answered 507."),
      why: "Nothing can be written until there is room. The request changed nothing; reads still work.",
      remedies: [atServer("Make room on the disk of the data folder, or enlarge it.")],
    },
  ],
]);

const FAULT: Status = {
  code: "server-error",
  cause: "the server failed to answer",
  rule: rule("RFC 7644 §3.12", "What a server did not expect is answered 500."),
  why: "Something went wrong on this server. The request changed nothing.",
  remedies: [atServer("The log of the server has the cause, at this moment. It is a fault of ours: report it.")],
};

/** How a refusal by If-None-Match says so. */
const BY_PRESENCE = /^The .{1,200} is there in the version /s;

/** 412 because something is there, not because it has changed. */
const PRESENT: Status = {
  code: "version-present",
  cause: "it is there, which If-None-Match rules out",
  rule: rule("RFC 9110 §13.1.2", "A change with If-None-Match is made only where what that names is not there."),
  why: "The client changes only what is not there, or not in the version that it names. Nothing was changed.",
  remedies: [atProvider("Leave If-None-Match out of changes to what is there; If-Match names the version to change.")],
};

/** Any other refusal: by its status, and what the client was told. */
export const explainStatus: Explain = (refused, { actor }) => {
  const { status, detail } = refused;
  const { cause, ...known } =
    (status === 412 && BY_PRESENCE.test(detail) ? PRESENT : STATUSES.get(status)) ??
    (status >= 500 ? FAULT : other(status, wordsOf(actor.dialect).name));
  return { ...known, cause: [text(cause ?? causeOf(refused))] };
};

function other(status: number, name: string): Status {
  return {
    code: `status.${status}`,
    cause: undefined,
    rule: rule("RFC 7644 §3.12", "Errors are answered with a status and a detail."),
    why: "The request is not one that this server answers.",
    remedies: [atProvider(`Compare the request of ${name} with the detail of the answer.`)],
  };
}
