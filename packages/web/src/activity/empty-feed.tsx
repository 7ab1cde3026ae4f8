import { Button } from "@fluentui/react-components";
import { Link } from "@tanstack/react-router";
import { useEndpointName } from "../shared/endpoint.ts";
import styles from "../shared/states.module.css";
import { type Filter, isFiltered } from "./filter.ts";

type EmptyFeedProps = { readonly filter: Filter; readonly isRecording: boolean; readonly onClear: () => void };

/** What to do while there is nothing to see. */
export function EmptyFeed({ filter, isRecording, onClear }: EmptyFeedProps) {
  const endpoint = useEndpointName();
  if (isFiltered(filter)) {
    return (
      <div className={styles.state}>
        <h2>Nothing matches</h2>
        <p>Search matches whole words, or their beginning from two letters. Try fewer words or another time.</p>
        <Button onClick={onClear}>Clear filters</Button>
      </div>
    );
  }
  if (!isRecording) {
    return (
      <div className={styles.state}>
        <h2>Recording is off</h2>
        <p>
          Requests are not recorded because the server runs with <code>RECORDING=off</code>. Users and groups still have
          their history.
        </p>
      </div>
    );
  }
  return (
    <div className={styles.state}>
      <h2>Nothing has happened yet</h2>
      <p>Requests appear here as they arrive.</p>
      <Link to="/endpoints/$endpoint/connect" params={{ endpoint }}>
        Connect an identity provider
      </Link>
    </div>
  );
}
