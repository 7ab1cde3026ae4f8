import type { Attribute, TypeDefinition } from "./definition.ts";

/** What lists of a resource type show and search. */
export type ResourceTypeView = {
  /** Name of the type, as history has it. */
  readonly type: string;
  /** Of one resource, for people. */
  readonly one: string;
  /** What people call a resource by. */
  readonly nameAttribute: string;
  /** Columns that are shown unless somebody chose others. */
  readonly columns: readonly Column[];
  /** Attributes that are searched for a part of their value. */
  readonly searched: readonly string[];
  readonly defaultSort: string;
  readonly hasActive: boolean;
};

export type Column = {
  readonly label: string;
  /** Attribute that is shown. */
  readonly attribute: string;
  readonly kind: "name" | "text" | "active" | "email" | "time";
  /** Attribute to sort by; undefined: not sortable. */
  readonly sort?: string;
};

const CHANGED = column("Last changed", "meta.lastModified", "time");
const NAME = column("Name", "displayName", "name");

const USERS: ResourceTypeView = {
  type: "User",
  one: "user",
  nameAttribute: "displayName",
  columns: [
    NAME,
    column("User name", "userName", "text"),
    column("Status", "active", "active"),
    { label: "Email", kind: "email", attribute: "emails" },
    column("Title", "title", "text"),
    CHANGED,
  ],
  searched: ["displayName", "userName", "name.familyName", "name.givenName", "emails.value"],
  defaultSort: "userName",
  hasActive: true,
};

const GROUPS: ResourceTypeView = {
  type: "Group",
  one: "group",
  nameAttribute: "displayName",
  columns: [NAME, column("External ID", "externalId", "text"), CHANGED],
  searched: ["displayName"],
  defaultSort: "displayName",
  hasActive: false,
};

/** Columns of custom types that are shown at first, and attributes that are searched. */
const FEW = 4;

function column(label: string, attribute: string, kind: Column["kind"]): Column {
  return { label, attribute, kind, sort: attribute };
}

/** @param path of the type: `Users`. @param definition undefined while it loads */
export function viewOf(path: string, definition: TypeDefinition | undefined): ResourceTypeView {
  if (path === "Users") return USERS;
  if (path === "Groups") return GROUPS;
  return customView(path, definition);
}

function customView(path: string, definition: TypeDefinition | undefined): ResourceTypeView {
  const simple = definition?.attributes.filter(isSimple) ?? [];
  const texts = simple.filter(({ type }) => type === "string");
  const names = texts.map(({ name }) => name);
  const named =
    names.find((name) => name === "displayName") ?? texts.find(({ required }) => required)?.name ?? names[0];
  const nameAttribute = named ?? "id";
  const first = simple.filter(({ name }) => name !== "active" && name !== nameAttribute).slice(0, FEW);
  const hasActive = simple.some(({ name, type }) => name === "active" && type === "boolean");
  return {
    type: definition?.name ?? path,
    one: (definition?.name ?? path).toLowerCase(),
    nameAttribute,
    columns: [
      column(nameAttribute === "displayName" ? "Name" : nameAttribute, nameAttribute, "name"),
      ...(hasActive ? [column("Status", "active", "active")] : []),
      ...first.map(({ name, type }) => column(name, name, type === "dateTime" ? "time" : "text")),
      CHANGED,
    ],
    searched: [...new Set([nameAttribute, ...names])].slice(0, FEW),
    defaultSort: "meta.created",
    hasActive,
  };
}

function isSimple({ type, multiValued, mutability }: Attribute): boolean {
  return type !== "complex" && type !== "binary" && multiValued !== true && mutability !== "writeOnly";
}

/** All columns that a table of a type can show: those of the view, then every singular attribute. */
export function allColumns(view: ResourceTypeView, definition: TypeDefinition | undefined): readonly Column[] {
  const taken = new Set(view.columns.map(({ attribute }) => attribute));
  const sections = [
    { prefix: "", attributes: definition?.attributes ?? [] },
    ...(definition?.extensions ?? []).map(({ urn, attributes }) => ({ prefix: `${urn}:`, attributes })),
  ];
  const found = sections.flatMap(({ prefix, attributes }) =>
    attributes.flatMap((attribute) => {
      const parts =
        attribute.type === "complex" && attribute.multiValued !== true ? attribute.subAttributes : undefined;
      const named = parts?.map((part) => ({ part, name: `${attribute.name}.${part.name}` }));
      return (named ?? [{ part: attribute, name: attribute.name }])
        .filter(({ part }) => isSimple(part) && part.name !== "$ref")
        .map(({ part, name }) => column(name, prefix + name, part.type === "dateTime" ? "time" : "text"));
    }),
  );
  const more = [...found, column("ID", "id", "text"), column("Created", "meta.created", "time")];
  return [...view.columns, ...more.filter(({ attribute }) => !taken.has(attribute))];
}

/** Attributes that a list asks for: those of its columns, those that a name may be made of, and what actions need. */
export function listAttributes(columns: readonly Column[]): string {
  const names = ["displayName", "userName", "name", "active"];
  return [...new Set([...columns.map(({ attribute }) => attribute), ...names])].join();
}

/** The SCIM filter of a search (RFC 7644 §3.4.2.2); undefined selects all. */
export function scimFilter(
  view: ResourceTypeView,
  text: string,
  active?: string | undefined,
  written?: string | undefined,
): string | undefined {
  const value = JSON.stringify(text);
  const words = [...view.searched.map((path) => `${path} co ${value}`), `externalId eq ${value}`, `id eq ${value}`];
  const parts = [
    ...(written === undefined || written.trim() === "" ? [] : [written]),
    ...(text === "" ? [] : [words.join(" or ")]),
    ...(view.hasActive && (active === "true" || active === "false") ? [`active eq ${active}`] : []),
  ];
  if (parts.length === 0) return undefined;
  return parts.length === 1 ? parts[0] : parts.map((part) => `(${part})`).join(" and ");
}
