import { isSecretAttribute, type ResourceModel } from "@scimtool/scim";
import type { Finding } from "../../store/exchange.ts";
import type { Searched } from "../exchange-facts.ts";
import { allOf, listedUpTo, typeNounOfMany } from "../words/names.ts";
import { numberText, plainText } from "../words/values.ts";
import { finding } from "./finding.ts";
import { meantBy, synonymOf } from "./meant.ts";
import type { Seen } from "./seen.ts";
import { isFilter } from "./spelling.ts";

/** Pages further apart in time belong to different runs. */
const RUN_MS = 600_000;

/** Pages of longer filters are not remembered. */
const MAX_FILTER_CHARACTERS = 1_000;

/** Pages by index that leave out resources: compared with the page that the client got before. */
export function findSkippedPages({ facts, client, memory }: Seen, searched: Searched): Finding | undefined {
  const { paging, total, returned, filter, type } = searched;
  if (paging.kind !== "index" || returned === 0 || (returned === total && paging.startIndex === 1)) return undefined;
  const { startIndex, count } = paging;
  if (filter !== undefined && filter.length > MAX_FILTER_CHARACTERS) return undefined;
  const key = `${client} ${facts.path} ${filter ?? ""}`;
  const last = memory.pages.get(key);
  const page = {
    startIndex,
    count,
    returned,
    atMs: facts.atMs,
    isReported: startIndex > 1 && last?.isReported === true,
  };
  memory.pages.set(key, page);
  if (last === undefined || page.isReported || facts.atMs - last.atMs > RUN_MS) return undefined;
  const next = last.startIndex + last.returned;
  if (next > total) return undefined;
  const values = {
    types: typeNounOfMany(type),
    total,
    last: last.startIndex,
    startIndex,
    returned: last.returned,
    next,
  };
  const asked = last.count ?? Number.POSITIVE_INFINITY;
  if (startIndex === last.startIndex + 1 && last.returned > 1 && count === last.count) {
    memory.pages.set(key, { ...page, isReported: true });
    const pages = Math.ceil(total / last.returned);
    return finding("query.page-number", facts.actor, { ...values, pages, reached: pages + last.returned - 1 });
  }
  if (startIndex <= next || last.returned >= asked) return undefined;
  memory.pages.set(key, { ...page, isReported: true });
  return finding("query.skipped", facts.actor, {
    ...values,
    missing: startIndex - next,
    from: numberText(next),
    to: numberText(startIndex - 1),
    asked: last.count === undefined ? "no `count`" : `\`count=${last.count}\``,
  });
}

/** What other query languages call the parameters of SCIM, in lower case. */
const PARAMETERS: Readonly<Record<string, string>> = {
  page: "startIndex",
  pagenumber: "startIndex",
  pageindex: "startIndex",
  offset: "startIndex",
  skip: "startIndex",
  start: "startIndex",
  $skip: "startIndex",
  after: "cursor",
  limit: "count",
  pagesize: "count",
  page_size: "count",
  perpage: "count",
  per_page: "count",
  size: "count",
  top: "count",
  $top: "count",
  maxresults: "count",
  itemsperpage: "count",
  $filter: "filter",
  search: "filter",
  query: "filter",
  q: "filter",
  sort: "sortBy",
  orderby: "sortBy",
  $orderby: "sortBy",
  order: "sortOrder",
  fields: "attributes",
  select: "attributes",
  $select: "attributes",
};

const SCIM_PARAMETERS: ReadonlyMap<string, string> = new Map(
  ["filter", "startIndex", "count", "cursor", "attributes", "excludedAttributes", "sortBy", "sortOrder"].map((name) => [
    name.toLowerCase(),
    name,
  ]),
);

const PAGES: ReadonlySet<string> = new Set(["startIndex", "cursor", "count"]);

/** Parameters on which the client relies although SCIM does not define them, so they were ignored. */
export function findIgnoredParameters({ facts, answered, endpoint }: Seen, searched: Searched): Finding | undefined {
  const { happened } = answered;
  if (facts.query === "" || happened.kind !== "searched" || endpoint === undefined) return undefined;
  // The parameters of a search by POST are in its body (RFC 7644 §3.4.3).
  const isBody = facts.method === "POST";
  const ignored = [...new URLSearchParams(facts.query)].flatMap(([name, value]) => {
    const wanted = name.length > MAX_NAME_CHARACTERS ? "" : name.toLowerCase();
    const garbled = SCIM_PARAMETERS.get(wanted.replace(/^(?:\?|amp;|;)+/, ""));
    if (garbled !== undefined && (isBody || !SCIM_PARAMETERS.has(wanted))) {
      const text = isBody ? `\`${garbled}\` as a member of the body` : `\`${garbled}\` behind ? or &`;
      return [{ name, meant: garbled, text }];
    }
    const meant = Object.hasOwn(PARAMETERS, wanted) ? PARAMETERS[wanted] : undefined;
    if (meant !== undefined) return [{ name, meant, text: PARAMETER_TEXTS[meant] ?? `\`${meant}\`` }];
    const attribute = isSecretAttribute(wanted, endpoint.secrets)
      ? undefined
      : attributeMeantBy(wanted, happened.model);
    if (attribute === undefined) return [];
    const compared = /^(?:true|false)$/.test(value) ? value : `"${plainText(value)}"`;
    return [{ name, meant: "filter", text: `\`filter=${attribute} eq ${compared}\`` }];
  });
  if (ignored.length === 0) return undefined;
  const isAll = searched.filter === undefined && ignored.some(({ meant }) => meant === "filter");
  const quoted = ignored.map(({ name }) => `"${plainText(name)}"${isBody ? " in the URL of a POST" : ""}`);
  return finding("query.ignored", facts.actor, {
    names: listedUpTo(3, quoted),
    types: typeNounOfMany(searched.type),
    instead: listedUpTo(3, [...new Set(ignored.map(({ text }) => text))]),
    all: allOf(searched.total),
    ...(isAll && searched.total > 1 && { unfiltered: "" }),
    ...(!isAll && ignored.some(({ meant }) => PAGES.has(meant)) && { pages: "" }),
  });
}

const MAX_NAME_CHARACTERS = 64;

const PARAMETER_TEXTS: Readonly<Record<string, string>> = {
  startIndex: "`startIndex` (the position of the first result, counted from 1)",
  filter: '`filter` (such as `userName eq "alice@example.com"`)',
};

/** @param name in lower case */
function attributeMeantBy(name: string, model: ResourceModel | undefined): string | undefined {
  const own = model?.attributes.get(name);
  if (own !== undefined) return own.children.has("value") ? `${own.path}.value` : own.path;
  return model?.type.name === "User" ? synonymOf(name)?.replace(/\[.*?\]/, "") : undefined;
}

/** Names in `attributes` and `excludedAttributes` that are ignored because the endpoint does not define them. */
export function findUnknownColumns({ facts, answered }: Seen): Finding | undefined {
  const { happened } = answered;
  if (happened.kind !== "searched" || happened.model === undefined) return undefined;
  const { attributes, excludedAttributes } = happened.parameters;
  const { model } = happened;
  for (const name of [...attributes, ...excludedAttributes].slice(0, MAX_COLUMNS)) {
    if (name.includes(":") || isFilter(`${name} pr`, model)) continue;
    const meant = meantBy(name, model);
    if (meant === undefined) continue;
    const effect = "It was ignored in the list of attributes.";
    const values = { name: plainText(name), effect, meant: meant.replace(/\[.*?\]/, ""), query: "" };
    return finding("name.attribute", facts.actor, values);
  }
  return undefined;
}

const MAX_COLUMNS = 20;
