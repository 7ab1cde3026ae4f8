import type { AttributeNode, ResourceModel } from "@scimtool/scim";
import { ENTERPRISE } from "./finding.ts";

/** What attributes are called elsewhere, in lower case without separators. */
const SYNONYMS: Readonly<Record<string, string>> = {
  mail: 'emails[type eq "work"].value',
  email: 'emails[type eq "work"].value',
  emailaddress: 'emails[type eq "work"].value',
  firstname: "name.givenName",
  forename: "name.givenName",
  lastname: "name.familyName",
  surname: "name.familyName",
  sn: "name.familyName",
  fullname: "displayName",
  username: "userName",
  userprincipalname: "userName",
  upn: "userName",
  samaccountname: "userName",
  uid: "userName",
  login: "userName",
  loginname: "userName",
  jobtitle: "title",
  mobile: 'phoneNumbers[type eq "mobile"].value',
  phone: 'phoneNumbers[type eq "work"].value',
  telephonenumber: 'phoneNumbers[type eq "work"].value',
  city: 'addresses[type eq "work"].locality',
  employeeid: `${ENTERPRISE}:employeeNumber`,
  dept: `${ENTERPRISE}:department`,
  useraccountcontrol: "active",
  enabled: "active",
  isactive: "active",
  isenabled: "active",
  accountenabled: "active",
  status: "active",
  userstatus: "active",
  accountstatus: "active",
  disabled: "active",
  isdisabled: "active",
  suspended: "active",
  inactive: "active",
  deactivated: "active",
};

/** The attribute of the model whose name is closest to one that it does not have. */
export function meantBy(path: string, model: ResourceModel): string | undefined {
  const name = path.slice(path.lastIndexOf(":") + 1).replace(/\[.*?\]/g, "");
  const synonym = synonymOf(name);
  if (synonym !== undefined && model.type.name === "User") return synonym;
  const tops = [model.attributes, ...[...model.extensions.values()].map(({ attributes }) => attributes)];
  const nodes = tops
    .flatMap((attributes) => [...attributes.values()])
    .flatMap((top) => [top, ...top.children.values()]);
  const own = (node: AttributeNode) => node.path.slice(node.path.lastIndexOf(":") + 1);
  return (closest(name, nodes, own) ?? closest(name.replace(/^User\./, ""), nodes, own))?.path;
}

/** The attribute of a user that has another name elsewhere. */
export function synonymOf(name: string): string | undefined {
  const known = bare(name);
  return Object.hasOwn(SYNONYMS, known) ? SYNONYMS[known] : undefined;
}

/** The schema of the model whose URN is closest to one that it does not have. */
export function schemaMeantBy(urn: string, model: ResourceModel): string | undefined {
  if (/enterprise/i.test(urn))
    return [...model.extensions.values()].find(({ schema }) => /enterprise/.test(schema.id))?.schema.id;
  if (/^urn:(?:scim|ietf).*core/i.test(urn)) return model.type.schema.id;
  const schemas = [model.type.schema, ...[...model.extensions.values()].map(({ schema }) => schema)];
  return closest(urn, schemas, ({ id }) => id)?.id;
}

/** Names that differ in so many letters may be meant, but short ones mean something else. */
const MAX_DIFFERENCE = 2;
const LETTERS_PER_DIFFERENCE = 3;

/** The thing whose name is closest; undefined if none is close enough. */
export function closest<Thing>(
  name: string,
  things: readonly Thing[],
  nameOf: (thing: Thing) => string,
): Thing | undefined {
  const wanted = bare(name);
  const most = Math.min(MAX_DIFFERENCE, Math.floor(wanted.length / LETTERS_PER_DIFFERENCE));
  if (wanted.length > 200 || wanted === "") return undefined;
  let best: Thing | undefined;
  let least = most + 1;
  for (const thing of things) {
    const difference = distance(wanted, bare(nameOf(thing)), least);
    if (difference < least) [best, least] = [thing, difference];
  }
  return best;
}

function bare(name: string): string {
  return name.toLowerCase().replaceAll(/[-_ :]/g, "");
}

/** Letters to insert, remove, replace or swap to turn one text into the other; `enough` if it is that many or more. */
function distance(one: string, other: string, enough: number): number {
  if (Math.abs(one.length - other.length) >= enough) return enough;
  let [older, old]: [number[], number[]] = [[], Array.from({ length: other.length + 1 }, (_, at) => at)];
  for (let at = 1; at <= one.length; at++) {
    const row = [at];
    for (let to = 1; to <= other.length; to++) {
      const isSame = one[at - 1] === other[to - 1];
      let cost = Math.min((old[to] ?? 0) + 1, (row[to - 1] ?? 0) + 1, (old[to - 1] ?? 0) + (isSame ? 0 : 1));
      const isSwap = at > 1 && to > 1 && one[at - 1] === other[to - 2] && one[at - 2] === other[to - 1];
      if (isSwap) cost = Math.min(cost, (older[to - 2] ?? 0) + 1);
      row.push(cost);
    }
    [older, old] = [old, row];
  }
  return old[other.length] ?? enough;
}
