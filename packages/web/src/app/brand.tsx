import styles from "./brand.module.css";

export function Brand() {
  return (
    <span className={styles.brand}>
      <svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">
        <rect width="24" height="24" rx="5" fill="var(--colorBrandBackground)" />
        <path
          d="M5 8.5h11m0 0-2.5-2.5M16 8.5 13.5 11M19 15.5H8m0 0 2.5-2.5M8 15.5l2.5 2.5"
          fill="none"
          stroke="var(--colorNeutralForegroundOnBrand)"
          strokeWidth="2"
          strokeLinecap="round"
          strokeLinejoin="round"
        />
      </svg>
      <span className={styles.name}>SCIMTool</span>
    </span>
  );
}
