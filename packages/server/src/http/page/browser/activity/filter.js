/**
 * What the feed shows, as it stands in the address. Empty texts choose nothing.
 * @typedef {object} Filter
 * @property {string} text
 * @property {boolean} onlyFailures
 * @property {string} endpoint
 * @property {string} kind
 * @property {string} within how long back: `1h`; `between` for what `from` and `to` say
 * @property {string} from a moment, as `datetime-local` has it
 * @property {string} to
 * @property {string} resource id of one that the exchanges are about
 */

/** Kinds of sentences by what people look for. */
export const KINDS = /** @type {const} */ ([
  ["", "Everything"],
  ["user.*", "Users"],
  ["user.created,user.recreated", "Users created"],
  ["user.changed,user.renamed", "Users changed"],
  ["user.activated,user.deactivated,user.reactivated", "Users activated or deactivated"],
  ["user.deleted", "Users deleted"],
  ["group.*", "Groups"],
  ["members.*", "Members added or removed"],
  ["manager.*", "Managers"],
  ["look-up.*,search,read.*", "Look-ups and reads"],
  ["bulk", "Bulk requests"],
  ["token.*", "Access tokens"],
  ["endpoint.*,credential.*,trust.*", "Administration"],
  ["failure.authentication", "Not let in"],
  ["failure.*", "Failures"],
  ["connection.tested", "Connection tests"],
]);

export const SPANS = /** @type {const} */ ([
  ["", "Any time"],
  ["15m", "Last 15 minutes"],
  ["1h", "Last hour"],
  ["24h", "Last 24 hours"],
  ["7d", "Last 7 days"],
  ["between", "Between …"],
]);

/**
 * @param {URLSearchParams} query
 * @returns {Filter}
 */
export function readFilter(query) {
  const value = (/** @type {string} */ name) => query.get(name) ?? "";
  return {
    text: value("q"),
    onlyFailures: query.has("failures"),
    endpoint: value("endpoint"),
    kind: value("kind"),
    within: value("within"),
    from: value("from"),
    to: value("to"),
    resource: value("resource"),
  };
}

/**
 * What differs from showing everything.
 * @param {Filter} filter
 */
export function filterQuery({ text, onlyFailures, endpoint, kind, within, from, to, resource }) {
  const query = new URLSearchParams();
  const between = within === "between";
  const values = { q: text, endpoint, kind, within, from: between && from, to: between && to, resource };
  for (const [name, value] of Object.entries(values)) if (value) query.set(name, value);
  if (onlyFailures) query.set("failures", "1");
  return query;
}

/** @param {Filter} filter */
export function isFiltered(filter) {
  return filterQuery(filter).size > 0;
}

/** Whether connection tests are counted in one line instead of being shown. @param {Filter} filter */
export function foldsTests({ kind }) {
  return kind !== "connection.tested";
}

/** Whether something that happens now could be shown. @param {Filter} filter */
export function includesNow({ within, to }) {
  return within !== "between" || to === "" || Date.parse(to) > Date.now();
}

/**
 * The filter as `/api/exchanges` takes it, connection tests aside.
 * @param {Filter} filter
 */
export function apiQuery({ text, onlyFailures, endpoint, kind, within, from, to, resource }) {
  const query = new URLSearchParams();
  const between = within === "between";
  const values = {
    q: text,
    endpoint,
    kind,
    severity: onlyFailures ? "warning,error" : "",
    from: between ? instant(from) : within,
    to: between ? instant(to) : "",
    resource,
  };
  for (const [name, value] of Object.entries(values)) if (value !== "") query.set(name, value);
  return query;
}

/** A moment of the reader's time zone. @param {string} local */
function instant(local) {
  const moment = new Date(local);
  return local === "" || Number.isNaN(moment.getTime()) ? "" : moment.toISOString();
}
