import type { Exchange } from "../../../monitor.ts";

/** An exchange and its place in the order of recording. */
export type Placed = { readonly exchange: Exchange; readonly position: number };
