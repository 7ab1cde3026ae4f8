import type { Route } from "./route.js";

/** What fills the page at some place. */
export type View = {
  readonly title: string;
  readonly root: HTMLElement;
  /** Called when the query of the address changes. */
  readonly update?: (route: Route) => void;
  /** The exchange beside another one, in the order in which they are shown. */
  readonly neighbour?: (id: number, step: 1 | -1) => number | undefined;
  readonly dispose: () => void;
};
