import type { ReactNode } from "react";
import { isReportedElsewhere, messageOf } from "../api/problem.ts";
import styles from "./loaded.module.css";
import { ProblemCard } from "./problem-card.tsx";

const LINE_PIXELS = 28;

type LoadedProps<Data> = {
  readonly query: { readonly data: Data | undefined; readonly error: Error | null; readonly refetch: () => unknown };
  /** Usual height of the content in lines, which stays free while it is loaded. */
  readonly lines: number;
  readonly children: (data: Data) => ReactNode;
};

/** The content of a card, grey lines until it is loaded, or why it could not be loaded. */
export function Loaded<Data>({ query: { data, error, refetch }, lines, children }: LoadedProps<Data>) {
  if (data !== undefined) return children(data);
  if (error === null || isReportedElsewhere(error)) return <Skeleton lines={lines} />;
  return <ProblemCard text={messageOf(error)} onRetry={() => void refetch()} />;
}

/** Grey lines where text is about to appear. */
export function Skeleton({ lines }: { readonly lines: number }) {
  return <div className={styles.skeleton} style={{ height: `${lines * LINE_PIXELS}px` }} aria-hidden="true" />;
}
