import type { BulkOperation } from "./message.ts";
import { collectBulkIds, dependenciesOf } from "./references.ts";

/**
 * Orders operations so that a resource is created before another operation refers to it (RFC 7644 §3.7). Otherwise
 * operations keep the order of the message, above all those on the same resource: "the same stateful result is achieved
 * as for non-optimized processing".
 * @returns groups in order. The operations of a group refer to each other in a circle (§3.7.1): they get their IDs in
 * advance, and all of them succeed or none. Most groups have one operation.
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
  // The sort is stable, and components already come after their dependencies.
  groups.sort((left, right) => left.rank - right.rank);
  return groups.map(({ nodes }) => nodes.flatMap((node) => operations[node] ?? []));
}

/** For each operation, those that must run before it. */
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

/** A name for the resource of an operation, the same for all its operations. */
function resourceOf({ path: { endpoint, id, bulkId } }: BulkOperation): string | undefined {
  if (id === undefined && bulkId === undefined) return undefined;
  return JSON.stringify([endpoint.toLowerCase(), id ?? null, bulkId ?? null]);
}

/**
 * Tarjan's strongly connected components, without recursion because chains can be long.
 * @param edges for each node, the nodes that it depends on
 * @returns the components, each after its dependencies; nodes of a component in ascending order
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

/** A node on the current path, and its next edge. */
type Visit = { readonly node: number; next: number };
