import { api } from "../api/client.ts";
import type { JsonObject } from "../api/types.ts";

const PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/** Members in one request: each takes the server some microseconds, and a long request is one transaction. */
const ADDED_AT_ONCE = 1_000;
const REMOVED_AT_ONCE = 100;

type Group = { readonly endpoint: string; readonly type: string; readonly id: string };

/** @throws Problem; what earlier requests added stays */
export async function addMembers(group: Group, ids: readonly string[]): Promise<void> {
  for (const some of chunks(ids, ADDED_AT_ONCE)) {
    await patch(group, [{ op: "add", path: "members", value: some.map((value) => ({ value })) }]);
  }
}

/** @throws Problem; what earlier requests removed stays so */
export async function removeMembers(group: Group, ids: readonly string[]): Promise<void> {
  for (const some of chunks(ids, REMOVED_AT_ONCE)) {
    await patch(
      group,
      some.map((id) => ({ op: "remove", path: `members[value eq ${JSON.stringify(id)}]` })),
    );
  }
}

async function patch({ endpoint, type, id }: Group, Operations: readonly JsonObject[]): Promise<void> {
  await api.PATCH("/api/endpoints/{endpoint}/scim/v2/{type}/{id}", {
    params: { path: { endpoint, type, id } },
    body: { schemas: [PATCH_OP], Operations } as never,
    headers: { "content-type": "application/scim+json" },
  });
}

export function chunks<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size));
}
