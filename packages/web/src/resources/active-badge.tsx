import styles from "./active-badge.module.css";

/** The same words everywhere for `active`. */
export function ActiveBadge({ isActive }: { readonly isActive: boolean }) {
  return (
    <span className={styles.badge} data-active={isActive}>
      {isActive ? "Active" : "Inactive"}
    </span>
  );
}
