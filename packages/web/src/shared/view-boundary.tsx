import { Component, type ReactNode, Suspense } from "react";
import { messageOf } from "../api/problem.ts";
import { Skeleton } from "./loaded.tsx";
import styles from "./page.module.css";
import { ProblemCard } from "./problem-card.tsx";

type State = { readonly error: unknown };

/** Shows a card in place of a view that failed to load or to render. */
export class ViewBoundary extends Component<{ readonly children: ReactNode }, State> {
  override state: State = { error: undefined };

  static getDerivedStateFromError(error: unknown): State {
    return { error };
  }

  override componentDidCatch(error: unknown): void {
    console.error(error);
  }

  override render() {
    const { error } = this.state;
    if (error === undefined) return <Suspense fallback={<LoadingView />}>{this.props.children}</Suspense>;
    return (
      <ProblemCard
        text={`This view could not be shown: ${messageOf(error)} Reload the page if the server was updated.`}
        onRetry={() => location.reload()}
      />
    );
  }
}

/** In place of a view that has not loaded. */
export function LoadingView() {
  return (
    <div className={styles.page}>
      <Skeleton lines={12} />
    </div>
  );
}
