import { Button } from "@fluentui/react-components";
import { AddRegular } from "@fluentui/react-icons/svg/add";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { api } from "../api/client.ts";
import { isReportedElsewhere, messageOf } from "../api/problem.ts";
import type { Trust } from "../api/types.ts";
import { useMayChange } from "../session/session.ts";
import { ConfirmDialog } from "../shared/confirm-dialog.tsx";
import { ProblemCard } from "../shared/problem-card.tsx";
import { Ago } from "../shared/time.tsx";
import { useToast } from "../shared/toast.tsx";
import styles from "./endpoints.module.css";
import { invalidateTrusts, trustsQuery } from "./trusts.ts";

const TrustDialog = lazy(async () => ({ default: (await import("./trust-dialog.tsx")).TrustDialog }));
const TryToken = lazy(async () => ({ default: (await import("./try-token.tsx")).TryToken }));

type Opened = { readonly what: "new" } | { readonly what: "edit" | "remove"; readonly trust: Trust };

/** The issuers whose tokens (JWT) an endpoint accepts. */
export function TrustsCard({ endpoint }: { readonly endpoint: string }) {
  const { data: trusts, error, refetch } = useQuery(trustsQuery(endpoint));
  const mayChange = useMayChange();
  const [open, setOpen] = useState<Opened>();
  const close = () => setOpen(undefined);
  if (error !== null && trusts === undefined && !isReportedElsewhere(error)) {
    return <ProblemCard text={messageOf(error)} onRetry={() => void refetch()} />;
  }
  return (
    <>
      <section className={styles.card} aria-label="Trusted issuers">
        <p>
          An endpoint can accept tokens (JWT) that another server signs, such as those that Entra ID sends without a
          secret.
        </p>
        {mayChange && (
          <div>
            <Button appearance="primary" icon={<AddRegular />} onClick={() => setOpen({ what: "new" })}>
              Trust an issuer
            </Button>
          </div>
        )}
        {trusts?.length === 0 && <p>This endpoint trusts no issuer.</p>}
        {trusts !== undefined && trusts.length > 0 && (
          <div className={styles.scrolled}>
            <table className={styles.table}>
              <thead>
                <tr>
                  {["Label", "Issuer", "Scopes", "Created", "Last used", "Only tokens with"].map((label) => (
                    <th key={label} scope="col">
                      {label}
                    </th>
                  ))}
                  {mayChange && <th scope="col">Actions</th>}
                </tr>
              </thead>
              <tbody>
                {trusts.map((trust) => (
                  <TrustRow key={trust.key} {...{ trust, mayChange, onOpen: setOpen }} />
                ))}
              </tbody>
            </table>
          </div>
        )}
        <Suspense fallback={null}>
          {open?.what === "new" && <TrustDialog endpoint={endpoint} onClose={close} />}
          {open?.what === "edit" && <TrustDialog endpoint={endpoint} known={open.trust} onClose={close} />}
          {open?.what === "remove" && <RemoveTrustDialog {...{ endpoint }} trust={open.trust} onClose={close} />}
        </Suspense>
      </section>
      <Suspense fallback={null}>{mayChange && (trusts?.length ?? 0) > 0 && <TryToken endpoint={endpoint} />}</Suspense>
    </>
  );
}

type TrustRowProps = {
  readonly trust: Trust;
  readonly mayChange: boolean;
  readonly onOpen: (opened: Opened) => void;
};

function TrustRow({ trust, mayChange, onOpen }: TrustRowProps) {
  const { label, issuer, audience, tenant, clientId, subject, scopes, created, lastUsed } = trust;
  const claims = Object.entries({ aud: audience, tid: tenant, azp: clientId, sub: subject });
  return (
    <tr>
      <th scope="row">{label}</th>
      <td className={styles.wrapped}>{issuer}</td>
      <td>{scopes.join(", ")}</td>
      <td>
        <Ago iso={created} />
      </td>
      <td>{lastUsed === null ? "never" : <Ago iso={lastUsed} />}</td>
      <td className={styles.wrapped}>
        {claims.map(
          ([name, value]) => value !== null && <code key={name} className={styles.claim}>{`${name}: ${value}`}</code>,
        )}
      </td>
      {mayChange && (
        <td className={styles.actions}>
          <Button size="small" aria-label={`Edit ${label}`} onClick={() => onOpen({ what: "edit", trust })}>
            Edit
          </Button>
          <Button size="small" aria-label={`Remove ${label}`} onClick={() => onOpen({ what: "remove", trust })}>
            Remove
          </Button>
        </td>
      )}
    </tr>
  );
}

type RemoveTrustDialogProps = { readonly endpoint: string; readonly trust: Trust; readonly onClose: () => void };

function RemoveTrustDialog({ endpoint, trust: { key, label, issuer }, onClose }: RemoveTrustDialogProps) {
  const { say } = useToast();
  const remove = async () => {
    await api.DELETE("/api/endpoints/{name}/trusts/{key}", { params: { path: { name: endpoint, key } } });
    await invalidateTrusts(endpoint);
    say(`“${label}” was removed`);
  };
  return (
    <ConfirmDialog title={`Remove “${label}”?`} action="Remove" onConfirm={remove} onClose={onClose}>
      Tokens of {issuer} will be rejected at once, unless another trust accepts them.
    </ConfirmDialog>
  );
}
