import { Field } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf } from "../api/client.ts";
import { messageOf } from "../api/problem.ts";
import type { Json, ListResponse, ScimResource } from "../api/types.ts";
import { shortText } from "../shared/short-text.ts";
import { isObject } from "./form-value.ts";
import { chunks } from "./member-writes.ts";
import { ReferenceField } from "./reference-field.tsx";
import styles from "./resource.module.css";
import { nameOfResource } from "./resource-name.ts";
import type { ResourceQuery } from "./resource-pages.ts";
import { RunDialog, type Step } from "./run-dialog.tsx";
import type { Operation } from "./run-operations.ts";

export type BulkAction = "activate" | "deactivate" | "delete" | "add to group";

const TITLES: Readonly<Record<BulkAction, string>> = {
  activate: "Activate",
  deactivate: "Deactivate",
  delete: "Delete",
  "add to group": "Add to a group",
};

/** Names shown in the preview. */
const SHOWN = 8;

/** Matches read at once. */
const PAGE_SIZE = 1_000;

/** Members added to a group by one operation. */
const MEMBERS_AT_ONCE = 100;

const PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

type BulkDialogProps = {
  readonly action: BulkAction;
  readonly query: ResourceQuery;
  readonly nameAttribute: string;
  /** undefined: all that match. */
  readonly selected: readonly ScimResource[] | undefined;
  readonly onClose: () => void;
};

/** Does the same with many resources: those selected, or all that match. */
export function BulkDialog({ action, query, nameAttribute, selected, onClose }: BulkDialogProps) {
  const { endpoint, type } = query;
  const [group, setGroup] = useState<Json>();
  const { data: found = selected, error } = useQuery({
    queryKey: ["bulk", endpoint, type, query.filter ?? "", nameAttribute],
    enabled: selected === undefined,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    queryFn: ({ signal }) => allMatches(query, nameAttribute, signal),
  });
  const wanted = action === "activate" ? true : action === "deactivate" ? false : undefined;
  const concerned = found?.filter(({ active }) => wanted === undefined || (active !== false) !== wanted);
  const groupId = isObject(group) ? String(group["value"]) : undefined;
  const nameOf = (resource: ScimResource) => nameOfResource(resource, nameAttribute);
  const steps = concerned === undefined ? undefined : stepsOf({ action, type, resources: concerned, groupId, nameOf });
  const same = (found?.length ?? 0) - (concerned?.length ?? 0);
  const count = concerned?.length.toLocaleString("en") ?? "";
  return (
    <RunDialog
      {...{ endpoint, steps, onClose }}
      title={`${TITLES[action]}: ${selected === undefined ? "all found" : "selected"} ${type.toLowerCase()}`}
      action={`${TITLES[action]} (${count})`}
      fileName={`failed-${action.replaceAll(" ", "-")}`}
    >
      {action === "add to group" && (
        <Field label="Group" required>
          <ReferenceField endpoint={endpoint} label="Group" types={["Group"]} value={group} onChange={setGroup} />
        </Field>
      )}
      {error !== null && <p role="alert">{messageOf(error)}</p>}
      {concerned === undefined && error === null && <p role="status">Reading what matches…</p>}
      {concerned !== undefined && (
        <>
          <p>
            {`Will change: ${count}.`}
            {same > 0 && ` Already ${wanted === true ? "active" : "inactive"}: ${same.toLocaleString("en")}.`}
            {action === "delete" && " You can restore them from their pages while their history is kept."}
          </p>
          <ul className={styles.preview} aria-label="Preview">
            {concerned.slice(0, SHOWN).map((resource) => (
              <li key={resource.id}>
                <bdi>{shortText(nameOf(resource))}</bdi>
              </li>
            ))}
            {concerned.length > SHOWN && <li>and {(concerned.length - SHOWN).toLocaleString("en")} more</li>}
          </ul>
        </>
      )}
    </RunDialog>
  );
}

type StepsOptions = {
  readonly action: BulkAction;
  readonly type: string;
  readonly resources: readonly ScimResource[];
  readonly groupId: string | undefined;
  readonly nameOf: (resource: ScimResource) => string;
};

function stepsOf({ action, type, resources, groupId, nameOf }: StepsOptions): Step[] {
  const itemOf = (resource: ScimResource) => ({
    name: nameOf(resource),
    row: { id: resource.id, name: nameOf(resource) },
  });
  if (action === "add to group") {
    if (groupId === undefined) return [];
    return chunks(resources, MEMBERS_AT_ONCE).map((some) => {
      const value = some.map(({ id }) => ({ value: id }));
      const data = { schemas: [PATCH_OP], Operations: [{ op: "add", path: "members", value }] };
      const path = `/Groups/${encodeURIComponent(groupId)}`;
      return { operation: { method: "PATCH", path, data }, items: some.map(itemOf) };
    });
  }
  const operationOn = (id: string): Operation => {
    const path = `/${type}/${encodeURIComponent(id)}`;
    if (action === "delete") return { method: "DELETE", path };
    const Operations = [{ op: "replace", path: "active", value: action === "activate" }];
    return { method: "PATCH", path, data: { schemas: [PATCH_OP], Operations } };
  };
  return resources.map((resource) => ({ operation: operationOn(resource.id), items: [itemOf(resource)] }));
}

/** All resources that match, with what their names are made of. */
async function allMatches(query: ResourceQuery, nameAttribute: string, signal: AbortSignal): Promise<ScimResource[]> {
  const { endpoint, type, filter } = query;
  const attributes = `${nameAttribute},displayName,userName,name,active`;
  const pageAfter = (cursor: string): Promise<ListResponse> => {
    const parameters = { cursor, count: PAGE_SIZE, attributes, ...(filter !== undefined && { filter }) };
    const params = { path: { endpoint, type }, query: parameters };
    return dataOf(api.GET("/api/endpoints/{endpoint}/scim/v2/{type}", { params, signal }));
  };
  const found: ScimResource[] = [];
  for (let cursor: string | undefined = ""; cursor !== undefined; ) {
    const { Resources = [], nextCursor } = await pageAfter(cursor);
    found.push(...(Resources as unknown as readonly ScimResource[]));
    cursor = nextCursor;
  }
  return found;
}
