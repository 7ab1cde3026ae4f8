import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { api } from "../api/client.ts";
import type { Trust } from "../api/types.ts";
import { useMayChange } from "../session/session.ts";
import { ConfirmDialog } from "../shared/confirm-dialog.tsx";
import { Ago } from "../shared/time.tsx";
import { useToast } from "../shared/toast.tsx";
import { invalidateAccess, trustsQuery } from "./access.ts";
import { AccessCard } from "./access-card.tsx";
import styles from "./endpoints.module.css";

const TrustDialog = lazy(async () => ({ default: (await import("./trust-dialog.tsx")).TrustDialog }));
const TryToken = lazy(async () => ({ default: (await import("./try-token.tsx")).TryToken }));

/** The issuers whose tokens (JWT) an endpoint accepts. */
export function TrustsCard({ endpoint }: { readonly endpoint: string }) {
  const query = useQuery(trustsQuery(endpoint));
  const mayChange = useMayChange();
  return (
    <>
      <AccessCard
        label="Trusted issuers"
        intro="An endpoint can accept tokens (JWT) that another server signs, such as those that Entra ID sends without a secret."
        query={query}
        none="This endpoint trusts no issuer."
        columns={["Label", "Issuer", "Scopes", "Created", "Last used", "Only tokens with"]}
        cellsOf={cellsOf}
        add="Trust an issuer"
        addDialog={(onClose) => <TrustDialog {...{ endpoint, onClose }} />}
        actions={{
          Edit: (known, onClose) => <TrustDialog {...{ endpoint, known, onClose }} />,
          Remove: (trust, onClose) => <RemoveTrustDialog {...{ endpoint, trust, onClose }} />,
        }}
      />
      <Suspense fallback={null}>
        {mayChange && (query.data?.length ?? 0) > 0 && <TryToken endpoint={endpoint} />}
      </Suspense>
    </>
  );
}

function cellsOf({ label, issuer, audience, tenant, clientId, subject, scopes, created, lastUsed }: Trust) {
  const claims = Object.entries({ aud: audience, tid: tenant, azp: clientId, sub: subject });
  return (
    <>
      <th scope="row">{label}</th>
      <td>{issuer}</td>
      <td>{scopes.join(", ")}</td>
      <td>
        <Ago iso={created} />
      </td>
      <td>{lastUsed === null ? "never" : <Ago iso={lastUsed} />}</td>
      <td>
        {claims.map(
          ([name, value]) => value !== null && <code key={name} className={styles.claim}>{`${name}: ${value}`}</code>,
        )}
      </td>
    </>
  );
}

type RemoveTrustDialogProps = { readonly endpoint: string; readonly trust: Trust; readonly onClose: () => void };

function RemoveTrustDialog({ endpoint, trust: { key, label, issuer }, onClose }: RemoveTrustDialogProps) {
  const { say } = useToast();
  const remove = async () => {
    await api.DELETE("/api/endpoints/{name}/trusts/{key}", { params: { path: { name: endpoint, key } } });
    await invalidateAccess(endpoint);
    say(`“${label}” was removed`);
  };
  return (
    <ConfirmDialog title={`Remove “${label}”?`} action="Remove" onConfirm={remove} onClose={onClose}>
      Tokens of {issuer} will be rejected at once, unless another trust accepts them.
    </ConfirmDialog>
  );
}
