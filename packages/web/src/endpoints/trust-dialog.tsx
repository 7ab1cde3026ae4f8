import { Checkbox, Field, Input } from "@fluentui/react-components";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf } from "../api/client.ts";
import type { Trust } from "../api/types.ts";
import { FormDialog } from "../shared/form-dialog.tsx";
import { useToast } from "../shared/toast.tsx";
import { invalidateAccess, scopesOf } from "./access.ts";

type Member = "label" | "issuer" | "audience" | "clientId" | "subject" | "tenant" | "jwksUri";

type TrustField = {
  readonly member: Member;
  readonly label: string;
  readonly hint: string;
  readonly isRequired?: boolean;
};

const FIELDS: readonly TrustField[] = [
  { member: "label", label: "Label", hint: "Shown in the activity beside each request.", isRequired: true },
  {
    member: "issuer",
    label: "Issuer",
    hint: "The claim iss. For Entra ID: https://sts.windows.net/{tenant ID}/",
    isRequired: true,
  },
  {
    member: "audience",
    label: "Audience",
    hint: "The claim aud. For Entra ID without a secret: 8adf8e6e-67b2-4cf2-a259-e3dc5476c621",
    isRequired: true,
  },
  { member: "clientId", label: "Client ID", hint: "The claim azp, appid or client_id. Empty: any application." },
  { member: "subject", label: "Subject", hint: "The claim sub. Empty: any subject." },
  { member: "tenant", label: "Tenant", hint: "The claim tid, for issuers that serve many tenants. Empty: any tenant." },
  { member: "jwksUri", label: "Address of the keys", hint: "Empty: the one in the issuer's OpenID configuration." },
];

type TrustDialogProps = {
  readonly endpoint: string;
  /** The trust to change; a new one without. */
  readonly known?: Trust;
  readonly onClose: () => void;
};

export function TrustDialog({ endpoint, known, onClose }: TrustDialogProps) {
  const [values, setValues] = useState<Readonly<Record<Member, string>>>(
    () => Object.fromEntries(FIELDS.map(({ member }) => [member, known?.[member] ?? ""])) as Record<Member, string>,
  );
  const [isReadOnly, setIsReadOnly] = useState(known !== undefined && !known.scopes.includes("write"));
  const { say } = useToast();
  const save = useMutation({
    mutationFn: () => {
      const { label, issuer, audience, ...optional } = values;
      const claims = Object.fromEntries(Object.entries(optional).map(([name, value]) => [name, value.trim() || null]));
      const scopes = scopesOf(isReadOnly);
      const body = { label, issuer, audience, scopes, ...claims };
      const path = { name: endpoint };
      return known === undefined
        ? dataOf(api.POST("/api/endpoints/{name}/trusts", { params: { path }, body }))
        : dataOf(
            api.PATCH("/api/endpoints/{name}/trusts/{key}", { params: { path: { ...path, key: known.key } }, body }),
          );
    },
    onSuccess: async () => {
      onClose();
      await invalidateAccess(endpoint);
      say("Saved");
    },
  });
  return (
    <FormDialog
      title={known === undefined ? "Trust an issuer" : `Edit “${known.label}”`}
      action={known === undefined ? "Trust" : "Save"}
      submission={save}
      isDisabled={FIELDS.some(({ member, isRequired }) => isRequired && values[member].trim() === "")}
      onClose={onClose}
    >
      {FIELDS.map(({ member, label, hint, isRequired = false }) => (
        <Field key={member} label={label} hint={hint} required={isRequired}>
          <Input
            value={values[member]}
            autoComplete="off"
            onChange={(_event, { value }) => setValues({ ...values, [member]: value })}
          />
        </Field>
      ))}
      <Checkbox
        label="Read-only"
        checked={isReadOnly}
        onChange={(_event, { checked }) => setIsReadOnly(checked === true)}
      />
    </FormDialog>
  );
}
