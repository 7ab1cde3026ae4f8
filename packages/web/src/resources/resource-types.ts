/** What lists of a resource type show and search. */
export type ResourceTypeView = {
  /** Name of the type, as history has it. */
  readonly type: string;
  /** Of one resource, for people. */
  readonly one: string;
  readonly columns: readonly Column[];
  /** Attributes that are searched for a part of their value. */
  readonly searched: readonly string[];
  readonly defaultSort: string;
  readonly hasActive: boolean;
};

export type Column = {
  readonly label: string;
  /** Attribute to sort by; undefined: not sortable. */
  readonly sort?: string;
  readonly kind: "name" | "text" | "active" | "email" | "modified";
  /** Attribute that is shown. */
  readonly attribute: string;
};

const MODIFIED: Column = {
  label: "Last changed",
  sort: "meta.lastModified",
  kind: "modified",
  attribute: "meta.lastModified",
};

const USERS: ResourceTypeView = {
  type: "User",
  one: "user",
  columns: [
    { label: "Name", sort: "displayName", kind: "name", attribute: "displayName" },
    { label: "User name", sort: "userName", kind: "text", attribute: "userName" },
    { label: "Status", sort: "active", kind: "active", attribute: "active" },
    { label: "Email", kind: "email", attribute: "emails" },
    { label: "Title", sort: "title", kind: "text", attribute: "title" },
    MODIFIED,
  ],
  searched: ["displayName", "userName", "name.familyName", "name.givenName", "emails.value"],
  defaultSort: "userName",
  hasActive: true,
};

const GROUPS: ResourceTypeView = {
  type: "Group",
  one: "group",
  columns: [
    { label: "Name", sort: "displayName", kind: "name", attribute: "displayName" },
    { label: "External ID", sort: "externalId", kind: "text", attribute: "externalId" },
    MODIFIED,
  ],
  searched: ["displayName"],
  defaultSort: "displayName",
  hasActive: false,
};

/** @param path of the type: `Users` */
export function viewOf(path: string): ResourceTypeView {
  return path === "Users" ? USERS : GROUPS;
}

/** Attributes that a list asks for. */
export function listAttributes({ columns, hasActive }: ResourceTypeView): string {
  return [
    ...new Set([...columns.map(({ attribute }) => attribute), ...(hasActive ? ["userName", "name"] : [])]),
  ].join();
}

/** The SCIM filter of a search (RFC 7644 §3.4.2.2); undefined selects all. */
export function scimFilter(view: ResourceTypeView, text: string, active: string | undefined): string | undefined {
  const value = JSON.stringify(text);
  const words = [...view.searched.map((path) => `${path} co ${value}`), `externalId eq ${value}`, `id eq ${value}`];
  const parts = [
    ...(text === "" ? [] : [words.join(" or ")]),
    ...(view.hasActive && (active === "true" || active === "false") ? [`active eq ${active}`] : []),
  ];
  if (parts.length === 0) return undefined;
  return parts.length === 1 ? parts[0] : parts.map((part) => `(${part})`).join(" and ");
}
