import {
  isObject,
  isSecretAttribute,
  newReading,
  parseFilter,
  parsePath,
  type ResourceModel,
  resolveFilter,
  resolvePath,
} from "@scimtool/scim";
import type { Finding } from "../../store/exchange.ts";
import type { Refused, Searched } from "../exchange-facts.ts";
import { plainText } from "../words/values.ts";
import { finding } from "./finding.ts";
import { meantBy } from "./meant.ts";
import type { Seen } from "./seen.ts";

/** Longer texts and further paths are not corrected: 20 paths of 500 spaces take 15 ms, and cost grows with the square. */
const MAX_CHARACTERS = 500;
const MAX_PATHS = 20;

/** A filter or a path in the notation of something else, for which a request was refused: with SCIM's notation. */
export function findSpelling(seen: Seen, { reason, attempted }: Refused): Finding | undefined {
  const { answered, endpoint, facts } = seen;
  const model = endpoint?.models.find(({ type }) => type.name === attempted.type);
  if (reason === undefined || !CODES.has(reason.code) || endpoint === undefined || model === undefined)
    return undefined;
  const { requestJson } = answered;
  const isPatch = attempted.action === "modify";
  const texts = isPatch
    ? pathsIn(requestJson)
    : [filterIn(facts.query), isObject(requestJson) && requestJson["filter"]];
  const isValid = isPatch ? isPath : isFilter;
  for (const sent of texts) {
    if (typeof sent !== "string" || sent === "" || sent.length > MAX_CHARACTERS || isValid(sent, model)) continue;
    if (sent.split(/\W+/).some((word) => isSecretAttribute(word, endpoint.secrets))) return undefined;
    const { text, why } = corrected(sent, isPatch ? [...OF_PATHS, ...OF_FILTERS] : OF_FILTERS, model);
    if (why.length === 0 || !isValid(text, model)) continue;
    return finding("name.spelling", facts.actor, {
      what: isPatch ? "path" : "filter",
      sent: plainText(sent, MAX_SHOWN),
      meant: plainText(text, MAX_SHOWN),
      why: why.join(" "),
      effect: "The request was refused.",
    });
  }
  return undefined;
}

/** Quotes of text processors. They do not enclose a text, so a filter compares with a text that contains them. */
const CURLY_QUOTES = /[\u2018\u2019\u201C-\u201E\u00AB\u00BB]/;

/** A filter that is valid but cannot mean what it says. */
export function findSpelledSearch(seen: Seen, { filter = "", total }: Searched): Finding | undefined {
  const { answered, facts } = seen;
  const { happened } = answered;
  if (total > 0 || filter === "" || happened.kind !== "searched" || happened.model === undefined) return undefined;
  if (!CURLY_QUOTES.test(filter)) return lostPlus(seen, filter) ?? inTheFuture(seen, filter);
  const { text, why } = corrected(filter.slice(0, MAX_CHARACTERS), OF_FILTERS, happened.model);
  if (!isFilter(text, happened.model)) return undefined;
  return finding("name.spelling", facts.actor, {
    what: "filter",
    sent: plainText(filter, MAX_SHOWN),
    meant: plainText(text, MAX_SHOWN),
    why: why.join(" "),
    effect: "The quotes were taken as part of the value, so nothing was found.",
  });
}

/** `+` is a blank in a query (as forms encode it): `ann+hr@example.com` became `ann hr@example.com`. */
function lostPlus({ facts }: Seen, filter: string): Finding | undefined {
  if (!/[+]/.test(facts.query) || facts.query.includes("%20")) return undefined;
  const meant = filter.replaceAll(/"[^"\s@]+(?: [^"\s@]+)+@[^"\s]+"/g, (value) => value.replaceAll(" ", "+"));
  if (meant === filter) return undefined;
  return finding("name.spelling", facts.actor, {
    what: "filter",
    sent: plainText(filter, MAX_SHOWN),
    meant: `${plainText(meant, MAX_SHOWN)}, with + as %2B in the URL`,
    why: "In the query of a URL, + means a space.",
    effect: "So nothing was found.",
  });
}

/** A search for what changed after a moment that has not come. */
function inTheFuture({ facts }: Seen, filter: string): Finding | undefined {
  const [, path, moment = ""] = /meta\.(lastModified|created) g[te] "([^"]+)"/i.exec(filter) ?? [];
  const aheadMs = Date.parse(moment) - facts.atMs;
  if (path === undefined || !(aheadMs > MAX_CLOCK_DIFFERENCE_MS)) return undefined;
  const values = { path: `meta.${path}`, moment: plainText(moment), minutes: Math.round(aheadMs / 60_000) };
  return finding("query.future", facts.actor, values);
}

const MAX_CLOCK_DIFFERENCE_MS = 60_000;

const CODES: ReadonlySet<string> = new Set(["syntaxError", "unknownAttribute", "cannotSelect", "notInProfile"]);

const MAX_SHOWN = 200;

function pathsIn(json: unknown): unknown[] {
  const operations = isObject(json as never) ? Object.entries(json as object) : [];
  const [, list] = operations.find(([name]) => name.toLowerCase() === "operations") ?? [];
  if (!Array.isArray(list)) return [];
  return list.slice(0, MAX_PATHS).map((each) => (isObject(each) ? each["path"] : undefined));
}

function filterIn(query: string): string | undefined {
  return [...new URLSearchParams(query)].find(([name]) => name.toLowerCase() === "filter")?.[1];
}

/** Whether a text is a filter for resources of a type. */
export function isFilter(text: string, model: ResourceModel): boolean {
  const reading = newReading("strict");
  return succeeds(() => resolveFilter(parseFilter(text, reading), model, reading) !== undefined);
}

function isPath(text: string, model: ResourceModel): boolean {
  const reading = newReading("strict");
  return succeeds(() => resolvePath(parsePath(text, reading), model, reading).kind !== "unknown");
}

function succeeds(work: () => boolean): boolean {
  try {
    return work();
  } catch {
    return false;
  }
}

type Correction = {
  readonly why: string;
  readonly apply: (text: string, model: ResourceModel) => string;
};

function corrected(sent: string, all: readonly Correction[], model: ResourceModel): { text: string; why: string[] } {
  let text = sent;
  const why: string[] = [];
  for (const correction of all) {
    const next = correction.apply(text, model);
    if (next !== text) why.push(correction.why);
    text = next;
  }
  return { text, why };
}

const OF_PATHS: readonly Correction[] = [
  {
    why: "SCIM paths begin with a name and separate names with dots: they are neither JSON Pointers nor JSONPath.",
    apply: (text) =>
      /^(?:\/|\$\.|#\/)|^[\w$]+\//.test(text) ? text.replace(/^(?:\/|\$\.|#\/)/, "").replaceAll("/", ".") : text,
  },
  {
    why: "Lists in SCIM have no order: brackets contain a filter, not a position.",
    apply: (text, model) =>
      text.replace(/^(\w+)(?:\[\d*\]|\.\d+)(?=\.|$)/, (_, name: string) => selected(name, "work", model)),
  },
  {
    why: "A value of a list is selected by a filter in brackets, not by its name.",
    apply: (text, model) =>
      text.replace(
        /^(\w+)(?:\.([\w-]+)|\[["']?([\w-]+)["']?\])/,
        (all, name: string, dotted: string, inBrackets: string) =>
          partOf(name, dotted, model) ? all : selected(name, dotted ?? inBrackets, model),
      ),
  },
];

function partOf(name: string, part: string | undefined, model: ResourceModel): boolean {
  return part !== undefined && model.attributes.get(name.toLowerCase())?.children.has(part.toLowerCase()) === true;
}

/** `emails[type eq "work"]`, `members[value eq "2819c223"]`; the name alone if it is not a list. */
function selected(name: string, which: string, model: ResourceModel): string {
  const attribute = model.attributes.get(name.toLowerCase());
  if (attribute?.multiValued !== true) return `${name}.${which}`;
  const isType = attribute.children.has("type") && attribute !== model.collection;
  return `${name}[${isType ? "type" : "value"} eq "${which}"]`;
}

const OF_FILTERS: readonly Correction[] = [
  { why: "It was percent-encoded twice.", apply: decodedTwice },
  {
    why: "Text values need straight double quotes.",
    apply: (text) =>
      text
        .replace(/^"(.*)"$/s, (all, inner: string) => (/\\"/.test(inner) ? inner : all))
        .replaceAll('\\"', '"')
        .replaceAll(/[\u201C\u201D\u201E\u2018\u2019\u00AB\u00BB`]/g, '"')
        .replaceAll(/""(?=[^"\s])|(?<=[^"\s])""/g, '"')
        .replaceAll(/(?<=[\s=(])'([^'"]*)'/g, '"$1"'),
  },
  {
    why: "Operators are words: eq, ne, co, sw, ew, gt, ge, lt, le, pr, and, or, not.",
    apply: (text) =>
      outsideQuotes(text, (part) =>
        part
          .replaceAll(/\s*(?:&&)\s*/g, " and ")
          .replaceAll(/\s*(?:\|\|)\s*/g, " or ")
          .replaceAll(/(?<=[\w\]])\s*(?:!=|<>)\s*/g, " ne ")
          .replaceAll(/(?<=[\w\]])\s*(>=|<=|>|<)\s*/g, (_, sign: string) => ` ${SIGNS[sign]} `)
          .replaceAll(/(?<=[\w\]])\s*(?:={1,3}|:(?=\s|$))\s*/g, " eq ")
          .replaceAll(/ (?:equals?|is|EQUALS?) /g, " eq ")
          .replaceAll(/ (?:contains|like) /gi, " co ")
          .replaceAll(/ startswith /gi, " sw ")
          .replaceAll(/ endswith /gi, " ew "),
      ),
  },
  {
    why: "Text values need straight double quotes.",
    apply: (text) =>
      outsideQuotes(text, (part) =>
        part.replaceAll(/(?<= (?:eq|ne|co|sw|ew) )(?!(?:true|false|null|-?\d+)\b)[^\s()[\]"]+/gi, '"$&"'),
      ),
  },
  {
    why: "The attribute has another name in SCIM.",
    apply: (text, model) =>
      text.replace(/^[\w.-]+(?= (?:eq|ne|co|sw|ew|gt|ge|lt|le|pr)\b)/i, (name) => nameOf(name, model) ?? name),
  },
];

const SIGNS: Readonly<Record<string, string>> = { ">": "gt", ">=": "ge", "<": "lt", "<=": "le" };

function nameOf(name: string, model: ResourceModel): string | undefined {
  return isFilter(`${name} pr`, model) ? undefined : meantBy(name, model)?.replace(/\[.*?\]/, "");
}

function decodedTwice(text: string): string {
  if (!/%[\da-f]{2}/i.test(text)) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function outsideQuotes(text: string, change: (part: string) => string): string {
  return text
    .split(/("(?:[^"\\]|\\.)*")/)
    .map((part, at) => (at % 2 === 0 ? change(part) : part))
    .join("");
}
