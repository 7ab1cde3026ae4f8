import type { ReactNode } from "react";
import { KindIcon } from "../activity/kind-icon.tsx";
import type { Client } from "../api/types.ts";
import styles from "./endpoints.module.css";

const OUTLOOKS = {
  none: ["info", "No quarantine is expected"],
  possible: ["warning", "Quarantine is possible"],
  expected: ["error", "Quarantine is expected"],
} as const;

type QuarantineProps = {
  readonly outlook: NonNullable<Client["quarantine"]>["outlook"];
  /** Why, and what to do. */
  readonly children?: ReactNode;
};

/** Whether Entra ID is about to stop provisioning. */
export function Quarantine({ outlook, children }: QuarantineProps) {
  const [severity, text] = OUTLOOKS[outlook];
  return (
    <div className={styles.forecast}>
      <KindIcon severity={severity} kind="" />
      <p>
        <strong>{text}.</strong> {children}
      </p>
    </div>
  );
}
