import type { ReactNode } from "react";
import styles from "./table.module.css";

type TableProps = {
  readonly columns: readonly string[];
  /** Rows. */
  readonly children: ReactNode;
  /** Narrow screens do without the third and fourth column. */
  readonly isShort?: boolean;
};

/** A table that scrolls sideways where it is too wide. */
export function Table({ columns, children, isShort = false }: TableProps) {
  return (
    <div className={styles.scrolled}>
      <table className={isShort ? `${styles.table} ${styles.short}` : styles.table}>
        <thead>
          <tr>
            {columns.map((label, index) => (
              <th key={index} scope="col">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}
