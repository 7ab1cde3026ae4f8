import type { FeedState } from "./feed-store.ts";
import styles from "./live-badge.module.css";

const WORDS = {
  connecting: "Connecting…",
  live: "Live",
  lost: "Reconnecting…",
  past: "Past",
  off: "Not recording",
  paused: "Paused",
  none: "",
};

type LiveBadgeProps = { readonly state: FeedState["live"] | "off"; readonly isPaused: boolean };

export function LiveBadge({ state, isPaused }: LiveBadgeProps) {
  const shown = isPaused && state === "live" ? "paused" : state;
  return (
    <span role="status" className={styles.badge} data-state={shown}>
      {WORDS[shown]}
    </span>
  );
}
