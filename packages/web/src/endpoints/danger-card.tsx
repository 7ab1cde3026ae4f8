import { Button } from "@fluentui/react-components";
import { lazy, Suspense, useState } from "react";
import type { Endpoint } from "../api/types.ts";
import { useMayChange } from "../session/session.ts";
import styles from "./endpoints.module.css";

const RenameDialog = lazy(async () => ({ default: (await import("./rename-dialog.tsx")).RenameDialog }));
const RemovalDialog = lazy(async () => ({ default: (await import("./removal-dialog.tsx")).RemovalDialog }));

/** The server keeps the endpoint of this name. */
const DEFAULT = "default";

export function DangerCard({ endpoint: { name, resources } }: { readonly endpoint: Endpoint }) {
  const mayChange = useMayChange();
  const [open, setOpen] = useState<"rename" | "empty" | "delete">();
  const close = () => setOpen(undefined);
  const count = Object.values(resources).reduce((total, each) => total + each, 0);
  if (!mayChange) return <p>Viewers cannot rename, empty or delete endpoints.</p>;
  return (
    <section className={styles.card} aria-label="Rename and delete">
      <div className={styles.dangers}>
        {name !== DEFAULT && (
          <div>
            <p>A new name changes the base URL: identity providers must be told.</p>
            <Button onClick={() => setOpen("rename")}>Rename…</Button>
          </div>
        )}
        <div>
          <p>Remove all {count.toLocaleString("en")} users and groups. Tokens and settings stay.</p>
          <Button disabledFocusable={count === 0} onClick={() => count > 0 && setOpen("empty")}>
            Empty…
          </Button>
        </div>
        {name === DEFAULT ? (
          <div>
            <p>The default endpoint cannot be renamed or deleted.</p>
          </div>
        ) : (
          <div>
            <p>Delete the endpoint with its users, groups, tokens and history.</p>
            <Button onClick={() => setOpen("delete")}>Delete…</Button>
          </div>
        )}
      </div>
      <Suspense fallback={null}>
        {open === "rename" && <RenameDialog name={name} onClose={close} />}
        {(open === "empty" || open === "delete") && <RemovalDialog what={open} name={name} onClose={close} />}
      </Suspense>
    </section>
  );
}
