/**
 * Tarjan's strongly connected components, without recursion: a chain may be as long as a request allows.
 * @param edges by node, the nodes it depends on
 * @returns the components, each behind those that it depends on; nodes of a component in ascending order
 */
export function componentsOf(edges: readonly (readonly number[])[]): number[][] {
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
