import { Button } from "@fluentui/react-components";
import { lazy, Suspense, useState } from "react";
import { api } from "../api/client.ts";
import { endpointsQuery, queryClient } from "../api/queries.ts";
import type { Endpoint } from "../api/types.ts";
import { useMayChange } from "../session/session.ts";
import { ConfirmDialog } from "../shared/confirm-dialog.tsx";
import pageStyles from "../shared/page.module.css";
import { useToast } from "../shared/toast.tsx";
import styles from "./endpoints.module.css";

const RenameDialog = lazy(async () => ({ default: (await import("./rename-dialog.tsx")).RenameDialog }));
const RemovalDialog = lazy(async () => ({ default: (await import("./removal-dialog.tsx")).RemovalDialog }));

/** The server keeps the endpoint of this name. */
const DEFAULT = "default";

export function DangerCard({ endpoint }: { readonly endpoint: Endpoint }) {
  const { name, resources, inForce } = endpoint;
  const mayChange = useMayChange();
  const [open, setOpen] = useState<"deactivate" | "rename" | "empty" | "delete">();
  const { sayProblem } = useToast();
  const close = () => setOpen(undefined);
  const count = Object.values(resources).reduce((total, each) => total + each, 0);
  if (!mayChange) return <p>Viewers cannot deactivate, rename, empty or delete endpoints.</p>;
  return (
    <section className={pageStyles.card} aria-label="Deactivate and delete">
      <div className={styles.dangers}>
        <div>
          <p>
            {inForce.active
              ? "Refuse all requests of identity providers for a while. Users, groups and tokens stay."
              : "This endpoint is deactivated: identity providers get 403."}
          </p>
          {inForce.active ? (
            <Button onClick={() => setOpen("deactivate")}>Deactivate…</Button>
          ) : (
            <Button appearance="primary" onClick={() => void setActive(name, true).catch(sayProblem)}>
              Activate
            </Button>
          )}
        </div>
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
        {open === "deactivate" && (
          <ConfirmDialog
            title={`Deactivate ${name}?`}
            action="Deactivate"
            onConfirm={() => setActive(name, false)}
            onClose={close}
          >
            Identity providers get 403 until you activate it again. Entra ID puts provisioning into quarantine then.
          </ConfirmDialog>
        )}
        {open === "rename" && <RenameDialog name={name} onClose={close} />}
        {(open === "empty" || open === "delete") && <RemovalDialog what={open} name={name} onClose={close} />}
      </Suspense>
    </section>
  );
}

async function setActive(name: string, isActive: boolean): Promise<void> {
  const body = { settings: { active: isActive ? null : false } };
  await api.PATCH("/api/endpoints/{name}", { params: { path: { name } }, body });
  await queryClient.invalidateQueries({ queryKey: endpointsQuery.queryKey });
}
