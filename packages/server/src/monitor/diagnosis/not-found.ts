import type { Reason } from "@scimtool/scim";
import type { Reference } from "../../store/store.ts";
import { typeNoun } from "../words/names.ts";
import type { Part } from "../words/sentence.ts";
import { capitalised, resource, text, value } from "../words/sentence.ts";
import { dateText, momentText, plainText } from "../words/values.ts";
import { atEndpoint, atProvider, atServer, type Explain, type Explanation } from "./diagnosis.ts";
import { wordsOf } from "./provider-words.ts";

const RULE = { section: "RFC 7644 §3.12", text: "A resource or an endpoint that does not exist is answered 404." };

/** 404: a wrong address, `/Me` without a user, an ID that was deleted, or an unknown one. */
export const explainNotFound: Explain = (refused, context) => {
  const { reason } = refused;
  if (reason?.code === "meNotBound") return ME;
  if (reason?.code === "unknownDefinition") return explainDefinition(reason);
  if (refused.attempted.id === undefined) return explainAddress(refused, context);
  if (refused.elsewhere !== undefined) return explainElsewhere(refused, context);
  return refused.former === undefined ? explainUnknownId(refused, context) : explainGone(refused, context);
};

const explainAddress: Explain = (_, { path, actor, endpoint }) => {
  if (endpoint !== "" && /^\/Groups(?:\/[^/]+)?$/.test(path)) return GROUPS_OFF;
  const { name, baseUrl } = wordsOf(actor.dialect);
  return {
    code: "address",
    cause: [text("there is nothing at "), value(plainText(path))],
    rule: {
      section: "RFC 7644 §3.2",
      text: "Resources are below the base URI, at the endpoints of their resource types.",
    },
    why: "The path is neither a resource type of this endpoint nor one of its discovery endpoints.",
    remedies: [
      atProvider(`In ${name}, compare ${baseUrl} with the base URL that this server shows; it ends in /v2.`),
      atEndpoint("resourceTypes", 'If it is a custom resource type, add it to "resourceTypes".'),
    ],
  };
};

const GROUPS_OFF: Explanation = {
  code: "feature-off",
  cause: [text("this endpoint does not support groups")],
  rule: RULE,
  why: "The endpoint's settings switch groups off, to behave like a limited application. /ResourceTypes says so.",
  remedies: [atEndpoint("features.groups", 'To support groups, set "features.groups" to true.')],
};

function explainDefinition({ what, name }: Extract<Reason, { code: "unknownDefinition" }>): Explanation {
  const [noun, path, setting] =
    what === "Schema" ? ["schema", "/Schemas", "schemas"] : ["resource type", "/ResourceTypes", "resourceTypes"];
  return {
    code: "description",
    cause: [text(`there is no ${noun} `), value(plainText(name))],
    rule: { section: "RFC 7644 §4", text: `A ${noun} is read at ${path}/ and its name.` },
    why: `This endpoint has no ${noun} of this name.`,
    remedies: [
      atProvider(`Read ${path} for the list. If the client only checks whether it exists, nothing is wrong.`),
      atEndpoint(setting, `If it is a custom ${noun}, add it to "${setting}".`),
    ],
  };
}

const ME: Explanation = {
  code: "me",
  cause: [text("the token is not bound to a user")],
  rule: { section: "RFC 7644 §3.11", text: "/Me is the resource of the authenticated user." },
  why: "The token belongs to a service, not to a user, so /Me has no resource.",
  remedies: [atProvider("Use /Users/{id} instead."), atServer("To test /Me, create a token that is bound to a user.")],
};

const explainGone: Explain = ({ former, attempted }, { atMs, actor }) => {
  const { type = "", label = "", deletedMs = atMs } = former ?? {};
  const { name, restart } = wordsOf(actor.dialect);
  const { id = "" } = attempted;
  const deleted = `deleted on ${momentText(deletedMs)}`;
  if (type !== attempted.type) {
    const noun = typeNoun(attempted.type);
    return {
      code: "elsewhere",
      cause: [
        text(`no ${noun} has the ID `),
        value(plainText(id)),
        text(": it belonged to "),
        ...ownerOfId({ type, id, label }),
        text(`, ${deleted}`),
      ],
      rule: RULE,
      why: `The ID belonged to a ${typeNoun(type)} that was deleted, not to a ${noun}.`,
      remedies: [atProvider(`Have ${name} send the ID of a ${noun} to this endpoint.`)],
    };
  }
  return {
    code: "gone",
    cause: [...resource({ type, id, label }), text(` was ${deleted}`)],
    rule: RULE,
    why:
      attempted.action === "delete"
        ? "The client wanted to delete it, and it is already deleted."
        : `${capitalised(name)} still uses the ID of a ${typeNoun(type)} that was deleted here on ${dateText(new Date(deletedMs).toISOString().slice(0, 10))}.`,
    remedies:
      attempted.action === "delete"
        ? [atProvider("Nothing to do.")]
        : [
            atServer(
              `If it was deleted by mistake, restore it from its history: it keeps its ID and its ${type === "Group" ? "members" : "groups"}.`,
            ),
            atProvider(`If it should stay deleted, make ${name} forget the ID: ${restart}.`),
          ],
  };
};

/** "the group Finance", "the Device Laptop": what has an ID. */
export function ownerOfId(reference: Reference): Part[] {
  const { type } = reference;
  const noun = type === "User" || type === "Group" ? `${typeNoun(type)} ` : "";
  return [text(`the ${noun}`), ...resource(reference)];
}

const explainElsewhere: Explain = ({ attempted, elsewhere }, { actor }) => {
  const { type = "", id = "", label = "" } = elsewhere ?? {};
  const { name } = wordsOf(actor.dialect);
  return {
    code: "elsewhere",
    cause: [
      text(`no ${typeNoun(attempted.type)} has the ID `),
      value(plainText(id)),
      text(": it belongs to "),
      ...ownerOfId({ type, id, label }),
    ],
    rule: RULE,
    why: `The ID belongs to a ${typeNoun(type)}, not to a ${typeNoun(attempted.type)}.`,
    remedies: [atProvider(`Have ${name} send the request to the endpoint of the ${typeNoun(type)}.`)],
  };
};

const explainUnknownId: Explain = ({ attempted: { type, id = "" } }, { method, actor }) => {
  const noun = typeNoun(type);
  const { name, restart } = wordsOf(actor.dialect);
  const isRead = method === "GET" || method === "HEAD";
  return {
    code: isRead ? "unknown-id.read" : "unknown-id",
    cause: [text(`no ${noun} has the ID `), value(plainText(id))],
    rule: RULE,
    why: `No resource has this ID, and none in the history had it. ${isRead ? READ_BY_TEST : KNOWN_ELSEWHERE}`,
    remedies: [
      ...(isRead ? [atProvider("If it was a connection test, there is nothing to do.")] : []),
      atProvider(`If the ID is from another server or from before a restore, make ${name} forget it: ${restart}.`),
    ],
  };
};

const OTHER_CAUSES =
  "the client got the ID from another server or endpoint, or this server was restored from a backup made before the resource was created";
const HOW_TO_TELL =
  "If the client also changes resources that are here, a restore is likely; if it knows only unknown IDs, it was connected to another server before.";
const READ_BY_TEST = `It may be a connection test, which reads such an ID once and expects 404. Otherwise ${OTHER_CAUSES}. ${HOW_TO_TELL}`;
const KNOWN_ELSEWHERE = `Either ${OTHER_CAUSES}. ${HOW_TO_TELL}`;
