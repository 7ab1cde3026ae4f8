import { Button } from "@fluentui/react-components";
import { AddRegular } from "@fluentui/react-icons/svg/add";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { isReportedElsewhere, messageOf } from "../api/problem.ts";
import type { Credential } from "../api/types.ts";
import { useMayChange } from "../session/session.ts";
import { ProblemCard } from "../shared/problem-card.tsx";
import { Ago, ExactTime } from "../shared/time.tsx";
import { credentialsQuery } from "./credentials.ts";
import styles from "./endpoints.module.css";

const NewCredentialDialog = lazy(async () => ({
  default: (await import("./new-credential-dialog.tsx")).NewCredentialDialog,
}));
const RotateDialog = lazy(async () => ({ default: (await import("./rotate-dialog.tsx")).RotateDialog }));
const RemoveDialog = lazy(async () => ({ default: (await import("./remove-dialog.tsx")).RemoveDialog }));

const EditCredentialDialog = lazy(async () => ({
  default: (await import("./edit-credential-dialog.tsx")).EditCredentialDialog,
}));

type Opened =
  | { readonly what: "new" }
  | { readonly what: "edit" | "rotate" | "remove"; readonly credential: Credential };

/** The bearer tokens and OAuth clients of an endpoint. */
export function CredentialsCard({ endpoint }: { readonly endpoint: string }) {
  const { data: credentials, error, refetch } = useQuery(credentialsQuery(endpoint));
  const mayChange = useMayChange();
  const [open, setOpen] = useState<Opened>();
  const close = () => setOpen(undefined);
  if (error !== null && credentials === undefined && !isReportedElsewhere(error)) {
    return <ProblemCard text={messageOf(error)} onRetry={() => void refetch()} />;
  }
  return (
    <section className={styles.card} aria-label="Tokens and clients">
      {mayChange && (
        <div>
          <Button appearance="primary" icon={<AddRegular />} onClick={() => setOpen({ what: "new" })}>
            New token or client
          </Button>
        </div>
      )}
      {credentials?.length === 0 && <p>No identity provider can sign in yet: create a token.</p>}
      {credentials !== undefined && credentials.length > 0 && (
        <div className={styles.scrolled}>
          <table className={styles.table}>
            <thead>
              <tr>
                {["Label", "Kind", "Scopes", "Created", "Last used", "Expires"].map((label) => (
                  <th key={label} scope="col">
                    {label}
                  </th>
                ))}
                {mayChange && <th scope="col">Actions</th>}
              </tr>
            </thead>
            <tbody>
              {credentials.map((credential) => (
                <CredentialRow key={credential.key} {...{ credential, mayChange, onOpen: setOpen }} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      <Suspense fallback={null}>
        {open?.what === "new" && <NewCredentialDialog endpoint={endpoint} onClose={close} />}
        {open?.what === "edit" && (
          <EditCredentialDialog endpoint={endpoint} credential={open.credential} onClose={close} />
        )}
        {open?.what === "rotate" && <RotateDialog {...{ endpoint }} credential={open.credential} onClose={close} />}
        {open?.what === "remove" && <RemoveDialog {...{ endpoint }} credential={open.credential} onClose={close} />}
      </Suspense>
    </section>
  );
}

type CredentialRowProps = {
  readonly credential: Credential;
  readonly mayChange: boolean;
  readonly onOpen: (opened: Opened) => void;
};

function CredentialRow({ credential, mayChange, onOpen }: CredentialRowProps) {
  const { label, kind, clientId, scopes, created, lastUsed, expires } = credential;
  const isExpired = expires !== null && Date.parse(expires) < Date.now();
  return (
    <tr>
      <th scope="row">
        <Link to="/" search={{ credential: label }}>
          {label}
        </Link>
      </th>
      <td>
        {kind === "client" ? "OAuth client" : "Token"}
        {clientId !== null && <code className={styles.clientId}>{clientId}</code>}
      </td>
      <td>{scopes.join(", ")}</td>
      <td>
        <Ago iso={created} />
      </td>
      <td>{lastUsed === null ? "never" : <Ago iso={lastUsed} />}</td>
      <td className={isExpired ? styles.expired : undefined}>
        {expires === null ? "never" : <ExactTime iso={expires} />}
        {isExpired && " (expired)"}
      </td>
      {mayChange && (
        <td className={styles.actions}>
          <Button size="small" aria-label={`Edit ${label}`} onClick={() => onOpen({ what: "edit", credential })}>
            Edit
          </Button>
          <Button size="small" aria-label={`Rotate ${label}`} onClick={() => onOpen({ what: "rotate", credential })}>
            Rotate
          </Button>
          <Button size="small" aria-label={`Remove ${label}`} onClick={() => onOpen({ what: "remove", credential })}>
            Remove
          </Button>
        </td>
      )}
    </tr>
  );
}
