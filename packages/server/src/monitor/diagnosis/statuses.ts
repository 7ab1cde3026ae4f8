import type { Reason } from "@scimtool/scim";
import type { Attempt, Conflict, Refused } from "../exchange-facts.ts";
import { typeNoun, typeNounOfMany } from "../words/names.ts";
import { type Part, resource, text, value } from "../words/sentence.ts";
import { momentText, plainText } from "../words/values.ts";
import { atEndpoint, atProvider, atServer, causeOf, type Explain, type Explanation, type Remedy } from "./diagnosis.ts";
import { type ProviderWords, wordsOf } from "./provider-words.ts";

/** Explains errors whose status says most: everything but 400, 404, 409 uniqueness, and credentials. */
export const explainStatus: Explain = (refused, { actor }) => {
  const explained = explain(refused, wordsOf(actor.dialect));
  const { cause, section, rule, ...rest } = explained;
  return { ...rest, cause: [text(cause ?? causeOf(refused))], rule: { section, text: rule } };
};

type Status = Pick<Explanation, "code" | "why" | "remedies"> & {
  /** Undefined: the first sentence of the detail. */
  readonly cause?: string;
  readonly section: string;
  readonly rule: string;
};

function explain({ status, reason, attempted }: Refused, { name }: ProviderWords): Status {
  switch (status) {
    case 403:
      if (reason?.code === "endpointDeactivated") return DEACTIVATED;
      return {
        code: "forbidden",
        section: "RFC 7644 §4",
        rule: "A filter on a discovery endpoint is answered 403.",
        why: "Nobody may do this here, whatever the credential.",
        remedies: [atProvider("Read the discovery endpoints without a filter.")],
      };
    case 405:
      return {
        code: "method",
        cause: "this path does not support the method",
        section: "RFC 9110 §15.5.6",
        rule: "An unsupported method is answered 405, with the methods that are supported.",
        why: methodText(reason),
        remedies: [atProvider(methodRemedy(reason, attempted, name))],
      };
    case 412:
      return reason?.code === "versionExists" ? VERSION_EXISTS : VERSION_MISMATCH;
    case 413:
      return tooLarge(reason);
    case 415:
      return {
        code: "media-type",
        cause: mediaTypeText(reason),
        section: "RFC 7644 §3.8",
        rule: "Bodies are application/scim+json or application/json, in UTF-8.",
        why: "The headers say that the body is not plain SCIM in UTF-8.",
        remedies: [
          reason?.code === "unsupportedMediaType" && reason.header === "Content-Encoding"
            ? atProvider("Send the body uncompressed, without Content-Encoding. A proxy in between may compress it.")
            : atProvider("Send Content-Type: application/scim+json. A proxy in between may change it."),
        ],
      };
    case 428:
      return {
        code: "version-missing",
        cause: "it does not say which version it changes",
        section: "RFC 6585 §3",
        rule: "A server may require every change to name the version it applies to.",
        why: "This endpoint requires If-Match with every change. Neither Entra ID nor Okta is known to send it.",
        remedies: [atEndpoint("requireEtag", 'Set "requireEtag" to false: changes then apply to the current version.')],
      };
    case 429:
      return tooFast(reason);
    case 501:
      if (reason?.code === "featureOff") return FEATURE_OFF[reason.feature];
      return {
        code: "not-implemented",
        section: "RFC 7644 §3.12",
        rule: "An unsupported request is answered 501.",
        why: "This server does not support it.",
        remedies: [atProvider("Use only what ServiceProviderConfig lists as supported.")],
      };
    case 503:
      return {
        code: "unavailable",
        cause: "the server was temporarily unavailable",
        section: "RFC 9110 §15.6.4",
        rule: "A temporary problem is answered 503, with Retry-After.",
        why: `${unavailableText(reason)} The request changed nothing.`,
        remedies: [atServer("If it lasts, check the backup status, and whether another instance has the database.")],
      };
    case 507:
      return {
        code: "disk-full",
        cause: "the server's disk is full",
        section: "RFC 4918 §11.5",
        rule: "A request that cannot be stored is answered 507.",
        why: "Nothing can be written until there is free space. The request changed nothing; reads still work.",
        remedies: [atServer("Free space on the disk of the data folder, or enlarge it.")],
      };
    default:
      return status >= 500 ? SERVER_ERROR : other(status, name);
  }
}

const DEACTIVATED: Status = {
  code: "deactivated",
  cause: "this endpoint is deactivated",
  section: "RFC 7644 §3.12",
  rule: "A request that is not permitted is answered 403.",
  why: "An administrator deactivated this endpoint. Its users and groups are unchanged.",
  remedies: [atEndpoint("active", 'To accept requests again, set "active" to true.')],
};

function featureOff(setting: string, what: string): Status {
  return {
    code: "feature-off",
    cause: `this endpoint does not support ${what}`,
    section: "RFC 7644 §3.12",
    rule: "An unsupported request is answered 501.",
    why: `The endpoint's settings switch ${what} off, to behave like a limited application. /ServiceProviderConfig says so.`,
    remedies: [atEndpoint(setting, `To support ${what}, set "${setting}" to true.`)],
  };
}

const FEATURE_OFF = {
  patch: featureOff("features.patch", "PATCH"),
  bulk: featureOff("features.bulk", "Bulk"),
  sort: featureOff("features.sort", "sorting"),
} as const;

const VERSION_MISMATCH: Status = {
  code: "version",
  cause: "somebody else changed it in the meantime",
  section: "RFC 7644 §3.14",
  rule: "A change with If-Match applies only to the version that it names.",
  why: "The client named a version that it read earlier, and the resource has a newer one. Nothing was lost.",
  remedies: [atProvider("Nothing to do: the client reads the resource again and repeats the change.")],
};

const VERSION_EXISTS: Status = {
  code: "version-present",
  cause: "it exists, which If-None-Match rules out",
  section: "RFC 9110 §13.1.2",
  rule: "A change with If-None-Match applies only if the version that it names does not exist.",
  why: "With If-None-Match, the client asked to change nothing that exists. Nothing was changed.",
  remedies: [atProvider("Omit If-None-Match to change a resource that exists; name its version with If-Match.")],
};

const SERVER_ERROR: Status = {
  code: "server-error",
  cause: "the server failed",
  section: "RFC 7644 §3.12",
  rule: "An unexpected error on the server is answered 500.",
  why: "Something went wrong on this server. The request changed nothing.",
  remedies: [atServer("The server's log has the cause at this time. This is a bug of SCIMTool; please report it.")],
};

function other(status: number, name: string): Status {
  return {
    code: `status.${status}`,
    section: "RFC 7644 §3.12",
    rule: "Errors are answered with a status and a detail.",
    why: "This server does not accept the request.",
    remedies: [atProvider(`Compare the request of ${name} with the detail of the response.`)],
  };
}

function methodText(reason: Reason | undefined): string {
  const general = "Changes go to one resource, creations to the endpoint of its type.";
  return reason?.code === "methodNotAllowed" ? `This path supports ${reason.allowed.join(", ")}. ${general}` : general;
}

function methodRemedy(reason: Reason | undefined, { type }: Attempt, name: string): string {
  const known = reason?.code === "methodNotAllowed" ? reason : undefined;
  const { method = "", allowed = [] } = known ?? {};
  if (method === "OPTIONS") {
    return "Browsers send OPTIONS before requests of other sites, which this server does not permit. Call it from a server, not from a page.";
  }
  if (method === "POST" && allowed.includes("PATCH")) {
    return `To change it, have ${name} send PATCH or PUT; to create one, POST without an ID. X-HTTP-Method-Override is ignored.`;
  }
  if (type !== undefined && allowed.includes("POST")) return `Have ${name} put the ID of the resource behind the path.`;
  return allowed.length === 0
    ? "Check the path: an ID may be missing, or there may be one too many."
    : `Have ${name} send ${allowed.join(" or ")}, or check the path.`;
}

function mediaTypeText(reason: Reason | undefined): string {
  if (reason?.code !== "unsupportedMediaType" || reason.value === undefined) return "its Content-Type is not supported";
  return `its ${reason.header} "${plainText(reason.value)}" is not supported`;
}

function tooLarge(reason: Reason | undefined): Status {
  const [setting, limits] =
    reason?.code === "tooManyOperations"
      ? [
          "maxBulkOperations",
          `The bulk request has ${reason.operations} operations; this endpoint accepts ${reason.maxOperations} (\`limits.maxBulkOperations\`).`,
        ]
      : ["maxBodyBytes", sizeText(reason)];
  return {
    code: "size",
    section: "RFC 7644 §3.7.4",
    rule: "A request that is larger than the server accepts is answered 413.",
    why: limits,
    remedies: [
      atProvider("Send fewer values or operations in one request."),
      atEndpoint(`limits.${setting}`, `Raise "${setting}".`),
    ],
  };
}

function sizeText(reason: Reason | undefined): string {
  const { bytes = undefined, maxBytes = undefined } = reason?.code === "bodyTooLarge" ? reason : {};
  const size = bytes === undefined ? "The body is too large" : `The body is ${megabytes(bytes)}`;
  return maxBytes === undefined
    ? `${size}.`
    : `${size}; this endpoint accepts ${megabytes(maxBytes)} (\`limits.maxBodyBytes\`).`;
}

/** "1.4 MB", "900 bytes". */
function megabytes(bytes: number): string {
  if (bytes < 10_000) return `${bytes} bytes`;
  return bytes < 1_000_000 ? `${Math.round(bytes / 1_000)} kB` : `${Number((bytes / 1_000_000).toFixed(1))} MB`;
}

const FAST_ENOUGH = "Entra ID needs at least 25 requests per second.";

function tooFast(reason: Reason | undefined): Status {
  const { limit, max } = reason?.code === "rateLimited" ? reason : { limit: "requestsPerSecond", max: undefined };
  const what = limit === "requestsPerSecond" ? "requests per second" : "requests at once";
  const remedy: Remedy = atEndpoint(`limits.${limit}`, `Raise "${limit}". ${FAST_ENOUGH}`);
  return {
    code: "rate",
    cause: "too many requests were sent at once",
    section: "RFC 6585 §4",
    rule: "A client that exceeds the rate limit is answered 429, with Retry-After.",
    why:
      max === undefined
        ? "The rate limit of this endpoint was exceeded. The request changed nothing."
        : `This endpoint accepts ${max} ${what} (\`limits.${limit}\`). The request changed nothing.`,
    remedies: [remedy],
  };
}

function unavailableText(reason: Reason | undefined): string {
  const cause = reason?.code === "unavailable" ? reason.cause : undefined;
  switch (cause) {
    case "backup":
      return "The backup target could not confirm the change.";
    case "settingsChanging":
      return "The settings of the endpoint were being changed.";
    case "starting":
      return "The server was starting.";
    case "stopping":
      return "The server was shutting down.";
    case "memory":
      return "The server held as many large requests and answers as it may (`MAX_BUFFERED_MB`).";
    case "searches":
      return "The server was busy with other long searches.";
    default:
      return "The database was closed, busy with a backup, or held by another instance.";
  }
}

const SECTIONS = { create: "RFC 7644 §3.3", replace: "RFC 7644 §3.5.1", modify: "RFC 7644 §3.5.2" } as const;

/** 409 uniqueness: who has the value, since when, and how to resolve it. */
export const explainUniqueness: Explain = (refused, { actor }) => {
  const { conflict, attempted } = refused;
  const { action, type, name } = attempted;
  const section = action === "replace" || action === "modify" ? SECTIONS[action] : SECTIONS.create;
  const attribute = conflict?.attribute ?? "the attribute";
  return {
    code: "uniqueness",
    cause: conflict === undefined ? [text(causeOf(refused))] : takenParts(conflict, name),
    rule: { section, text: "A duplicate of a unique value is answered 409, uniqueness." },
    why:
      action === "create"
        ? `The value of ${attribute} must be unique here. Either the client did not find the existing resource and tried to create it again, or it means ${type === "User" ? "somebody else" : `another ${typeNoun(type)}`}.`
        : `The value of ${attribute} must be unique here, and another resource has the value.`,
    remedies: remedies(type, attribute, action === "create", conflict?.holder, wordsOf(actor.dialect)),
  };
};

/** "the userName is taken by Dave Lee (created on 21 November 2026, 08:00 UTC)"; the value too, unless the sentence already has it. */
function takenParts({ attribute, value: taken, holder }: Conflict, name: string | undefined): Part[] {
  const shown = plainText(taken);
  const which = [text("the "), attributePart(attribute), ...(taken === name ? [] : [text(" "), value(shown)])];
  if (holder === undefined) return [...which, text(" is taken")];
  const { id, type, label, createdMs, isDeactivated } = holder;
  const since = text(`${isDeactivated ? ", who is deactivated" : ""} (created on ${momentText(createdMs)})`);
  return [...which, text(" is taken by "), ...resource({ id, type, label }), since];
}

function attributePart(path: string): Part {
  return { kind: "attribute", text: plainText(path), path };
}

function remedies(
  type: string | undefined,
  attribute: string,
  isCreate: boolean,
  holder: Conflict["holder"],
  { name, mapping, matching }: ProviderWords,
): Remedy[] {
  const list: Remedy[] = [];
  if (isCreate && holder?.isReactivatable) {
    const text = `If ${holder.label} came back, set "recreate" to "reactivate": a create then reactivates the existing user.`;
    list.push(atEndpoint("recreate", text));
  }
  if (isCreate) {
    list.push(
      atProvider(
        `In ${name}, set ${matching} to ${attribute}, so that it finds the existing ${typeNoun(type)} and updates it.`,
      ),
    );
  }
  list.push(
    atProvider(
      `If they are two different ${type === "User" ? "people" : typeNounOfMany(type)}, give one another ${attribute}: check what is mapped to it in ${mapping}.`,
    ),
  );
  // Unique in every endpoint.
  if (type === "User" && attribute === "userName") return list;
  return [
    ...list,
    atEndpoint("unique", `If resources may share the value, remove "${type ?? "…"}:${attribute}" from "unique".`),
  ];
}
