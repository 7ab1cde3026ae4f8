import type { BulkOperation } from "./message.ts";
import { collectBulkIds, dependenciesOf } from "./references.ts";

/**
 * The order in which to carry the operations out, so that what an operation refers to is created before (RFC 7644
 * §3.7). An operation waits until the last one it refers to is done; else all stay in the order of the message, and
 * those on one resource always do: "the same stateful result is achieved as for non-optimized processing".
 * @returns groups, one after the other. Operations of a group refer to each other in a circle (§3.7.1): ids are given
 *   to them before, and either all of them succeed or none. Most groups have one operation.
 */
export function planBulk(operations: readonly BulkOperation[]): BulkOperation[][] {
  const edges = edgesOf(operations);
  const ranks: number[] = [];
  const groups = componentsOf(edges).map((nodes) => {
    const before = nodes.flatMap((node) => edges[node] ?? []).map((node) => ranks[node] ?? 0);
    const rank = before.reduce((most, each) => Math.max(most, each), nodes.at(-1) ?? 0);
    for (const node of nodes) ranks[node] = rank;
    return { rank, nodes };
  });
  // The sort is stable, and the components come behind those they depend on already.
  groups.sort((left, right) => left.rank - right.rank);
  return groups.map(({ nodes }) => nodes.flatMap((node) => operations[node] ?? []));
}

/** By operation, those that have to be done before. */
function edgesOf(operations: readonly BulkOperation[]): number[][] {
  const creating = collectBulkIds(operations);
  const places = new Map(operations.map((operation, place) => [operation, place]));
  const lastOn = new Map<string, number>();
  return operations.map((operation, place) => {
    const edges = [...dependenciesOf(operation)].flatMap((bulkId) => {
      const creator = creating.get(bulkId);
      return creator === undefined ? [] : (places.get(creator) ?? []);
    });
    const resource = resourceOf(operation);
    const last = resource === undefined ? undefined : lastOn.get(resource);
    if (resource !== undefined) lastOn.set(resource, place);
    return last === undefined ? edges : [...edges, last];
  });
}

/** A name for the resource that an operation is for, the same one for each of its operations. */
function resourceOf({ path: { endpoint, id, bulkId } }: BulkOperation): string | undefined {
  if (id === undefined && bulkId === undefined) return undefined;
  return JSON.stringify([endpoint.toLowerCase(), id ?? null, bulkId ?? null]);
}

/**
 * Tarjan's strongly connected components, without recursion: a chain may be as long as a request allows.
 * @param edges by node, the nodes it depends on
 * @returns the components, each behind those that it depends on; nodes of a component in ascending order
 */
function componentsOf(edges: readonly (readonly number[])[]): number[][] {
  const components: number[][] = [];
  const order = new Map<number, number>();
  const lowest: number[] = [];
  const open: number[] = [];
  const isOpen = new Set<number>();

  const enter = (node: number): Visit => {
    lowest[node] = order.size;
    order.set(node, order.size);
    open.push(node);
    isOpen.add(node);
    return { node, next: 0 };
  };
  const lower = (node: number, to: number): void => {
    lowest[node] = Math.min(lowest[node] ?? to, to);
  };

  for (const root of edges.keys()) {
    if (order.has(root)) continue;
    const path = [enter(root)];
    for (let visit = path.at(-1); visit !== undefined; visit = path.at(-1)) {
      const { node } = visit;
      const target = edges[node]?.[visit.next];
      if (target !== undefined) {
        visit.next++;
        if (!order.has(target)) path.push(enter(target));
        else if (isOpen.has(target)) lower(node, order.get(target) ?? 0);
        continue;
      }
      path.pop();
      const parent = path.at(-1);
      if (parent !== undefined) lower(parent.node, lowest[node] ?? 0);
      if (lowest[node] !== order.get(node)) continue;
      const component = open.splice(open.lastIndexOf(node)).sort((left, right) => left - right);
      for (const each of component) isOpen.delete(each);
      components.push(component);
    }
  }
  return components;
}

/** A node on the way from the root, and which of its edges is next. */
type Visit = { readonly node: number; next: number };
