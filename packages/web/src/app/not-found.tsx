import { Link } from "@tanstack/react-router";
import styles from "../shared/states.module.css";
import { useTitle } from "../shared/title.ts";

export function NotFound() {
  useTitle("Not found");
  return (
    <div className={styles.state}>
      <h1 tabIndex={-1}>This page does not exist</h1>
      <Link to="/">Go to Activity</Link>
    </div>
  );
}
