import { Button } from "@fluentui/react-components";
import styles from "./states.module.css";

type ProblemCardProps = { readonly text: string; readonly onRetry?: () => void };

/** In place of something that could not be loaded. */
export function ProblemCard({ text, onRetry }: ProblemCardProps) {
  return (
    <div className={styles.state} role="alert">
      <p>{text}</p>
      {onRetry !== undefined && <Button onClick={onRetry}>Try again</Button>}
    </div>
  );
}
