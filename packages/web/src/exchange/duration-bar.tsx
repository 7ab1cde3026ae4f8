import type { ExchangeSummary } from "../api/types.ts";
import { durationText } from "../shared/time-text.ts";
import styles from "./duration-bar.module.css";

/** Where the time of a request went. */
export function DurationBar({ exchange: { durationUs, split } }: { readonly exchange: ExchangeSummary }) {
  const { queueUs, databaseUs, durableUs } = split;
  const otherUs = Math.max(0, durationUs - queueUs - databaseUs - durableUs);
  const parts = (
    [
      ["queue", "queued", queueUs],
      ["database", "database", databaseUs],
      ["durable", "backed up", durableUs],
      ["other", "everything else", otherUs],
    ] as const
  ).filter(([, , us]) => us > 0);
  return (
    <div className={styles.duration}>
      <strong>{durationText(durationUs)}</strong>
      <div className={styles.bar} aria-hidden="true">
        {parts.map(([name, , us]) => (
          <span key={name} className={styles[name]} style={{ flexGrow: us }} />
        ))}
      </div>
      <ul className={styles.parts}>
        {parts.map(([name, label, us]) => (
          <li key={name}>
            <span className={`${styles.swatch} ${styles[name]}`} />
            {label} {durationText(us)}
          </li>
        ))}
      </ul>
    </div>
  );
}
