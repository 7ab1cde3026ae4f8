import type { Reference } from "../../store/store.ts";
import { resource, text, value } from "../words/parts.ts";
import type { Part } from "../words/sentence.ts";
import { agoText } from "../words/time-text.ts";
import { typeNoun } from "../words/type-noun.ts";
import { plainText } from "../words/value-text.ts";
import { atEndpoint, atProvider, atServer, type Explain } from "./diagnosis.ts";
import { wordsOf } from "./provider-words.ts";

const RULE = { section: "RFC 7644 §3.12", text: "A resource or an endpoint that does not exist is answered 404." };

/** 404: a wrong address, `/Me` of nobody, an id that is gone, or one that never was here. */
export const explainNotFound: Explain = (refused, context) => {
  if (context.path === "/Me") return explainMe(refused, context);
  if (refused.attempted.id === undefined) return explainAddress(refused, context);
  if (refused.elsewhere !== undefined) return explainElsewhere(refused, context);
  return refused.former === undefined ? explainUnknownId(refused, context) : explainGone(refused, context);
};

/** One schema or resource type, asked for by its name. */
const DESCRIBED = /^\/(Schemas|ResourceTypes)\/(.+)$/s;

const explainAddress: Explain = (refused, context) => {
  const { path, actor } = context;
  if (DESCRIBED.test(path)) return explainDescription(refused, context);
  const { name, baseUrl } = wordsOf(actor.dialect);
  return {
    code: "address",
    cause: [text("there is nothing at "), value(plainText(path))],
    rule: { section: "RFC 7644 §3.2", text: "Resources are below the base URI, at the endpoints of their types." },
    why: "The path is neither that of a resource type of this endpoint nor that of its description.",
    remedies: [
      atProvider(`In ${name}, compare ${baseUrl} with the base URL that this server shows; it ends in /v2.`),
      {
        where: "endpoint",
        text: "If it is a resource type of your own, add it to the resource types of this endpoint.",
        setting: "resourceTypes",
      },
    ],
  };
};

const explainDescription: Explain = (_, { path }) => {
  const [, place = "", name = ""] = DESCRIBED.exec(path) ?? [];
  const [noun, setting] = place === "Schemas" ? ["schema", "schemas"] : ["resource type", "resourceTypes"];
  return {
    code: "description",
    cause: [text(`there is no ${noun} `), value(plainText(name))],
    rule: { section: "RFC 7644 §4", text: `One ${noun} is read at /${place} and its name.` },
    why: `This endpoint has no ${noun} of this name.`,
    remedies: [
      atProvider(
        `Read /${place} to see which there are. A client that only looks whether there is one goes on without.`,
      ),
      atEndpoint(setting, `If it is a ${noun} of your own, add it to those of this endpoint.`),
    ],
  };
};

const explainMe: Explain = () => ({
  code: "me",
  cause: [text("the token is bound to nobody")],
  rule: { section: "RFC 7644 §3.11", text: "/Me is the resource of who is signed in." },
  why: "The token stands for a service and not for a user, so that /Me means nobody.",
  remedies: [
    atProvider("Ask for /Users/{id} instead."),
    atServer("Make a token that is bound to a user, if /Me is what you test."),
  ],
});

const explainGone: Explain = ({ former, attempted }, { atMs, actor }) => {
  const { label = "", deletedMs = atMs } = former ?? {};
  const { name, restart } = wordsOf(actor.dialect);
  const reference = { type: attempted.type ?? "", id: attempted.id ?? "", label };
  return {
    code: "gone",
    cause: [...resource(reference), text(` was deleted ${agoText(deletedMs, atMs)}`)],
    rule: RULE,
    why:
      attempted.action === "delete"
        ? "It was to be deleted, and it is gone."
        : "The client remembers an id of something that was deleted here since.",
    remedies:
      attempted.action === "delete"
        ? [atProvider("Nothing needs to be done.")]
        : [
            atServer("If it was deleted by mistake, bring it back from its history: it keeps its id and its groups."),
            atProvider(`If it is to stay away, have ${name} forget the id: ${restart}.`),
          ],
  };
};

/** "that of the group Finance", "that of the Device Laptop": what has an id. */
export function ownerOfId(reference: Reference): Part[] {
  const { type } = reference;
  const noun = type === "User" || type === "Group" ? `${typeNoun(type)} ` : "";
  return [text(`that of the ${noun}`), ...resource(reference)];
}

const explainElsewhere: Explain = ({ attempted, elsewhere }, { actor }) => {
  const { type = "", id = "", label = "" } = elsewhere ?? {};
  const { name } = wordsOf(actor.dialect);
  return {
    code: "elsewhere",
    cause: [
      text(`no ${typeNoun(attempted.type)} has the id `),
      value(plainText(id)),
      text(": it is "),
      ...ownerOfId({ type, id, label }),
    ],
    rule: RULE,
    why: `The id is known here, but as a ${typeNoun(type)} and not as a ${typeNoun(attempted.type)}.`,
    remedies: [atProvider(`Have ${name} send the request to the address of the ${typeNoun(type)}.`)],
  };
};

const explainUnknownId: Explain = ({ attempted: { type, id = "" } }, { method, actor }) => {
  const noun = typeNoun(type);
  const { name, restart } = wordsOf(actor.dialect);
  const isRead = method === "GET" || method === "HEAD";
  return {
    code: isRead ? "unknown-id.read" : "unknown-id",
    cause: [text(`no ${noun} has the id `), value(plainText(id))],
    rule: RULE,
    why: isRead
      ? "Nothing has this id here, nor had it as far as the history goes back. Tests of connections ask for such ids to see that they are answered 404; then nothing is wrong. Else the client remembers an id of another server or endpoint."
      : "Nothing has this id here, nor had it as far as the history goes back: the client remembers it from another server or endpoint, or this one lost its data.",
    remedies: [
      atProvider(`If ${name} was connected to another address before, have it forget the ids: ${restart}.`),
      atServer(
        "If this server was restored from a backup, what was created after it is missing; the client has to create it again.",
      ),
    ],
  };
};
