import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { lazy } from "react";
import type { Credential } from "../api/types.ts";
import { Ago, ExactTime } from "../shared/time.tsx";
import { credentialsQuery } from "./access.ts";
import { AccessCard } from "./access-card.tsx";
import styles from "./endpoints.module.css";

const CredentialDialog = lazy(async () => ({ default: (await import("./credential-dialog.tsx")).CredentialDialog }));
const RotateDialog = lazy(async () => ({ default: (await import("./rotate-dialog.tsx")).RotateDialog }));
const RemoveDialog = lazy(async () => ({ default: (await import("./remove-dialog.tsx")).RemoveDialog }));

/** The bearer tokens and OAuth clients of an endpoint. */
export function CredentialsCard({ endpoint }: { readonly endpoint: string }) {
  return (
    <AccessCard
      label="Tokens and clients"
      query={useQuery(credentialsQuery(endpoint))}
      none="No identity provider can sign in yet: create a token."
      columns={["Label", "Kind", "Scopes", "Created", "Last used", "Expires"]}
      cellsOf={cellsOf}
      add="New token or client"
      addDialog={(onClose) => <CredentialDialog {...{ endpoint, onClose }} />}
      actions={{
        Edit: (known, onClose) => <CredentialDialog {...{ endpoint, known, onClose }} />,
        Rotate: (credential, onClose) => <RotateDialog {...{ endpoint, credential, onClose }} />,
        Remove: (credential, onClose) => <RemoveDialog {...{ endpoint, credential, onClose }} />,
      }}
    />
  );
}

function cellsOf({ label, kind, clientId, scopes, created, lastUsed, expires }: Credential) {
  const isExpired = expires !== null && Date.parse(expires) < Date.now();
  return (
    <>
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
    </>
  );
}
