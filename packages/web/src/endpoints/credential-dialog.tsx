import { Checkbox, Field, Input, Radio, RadioGroup, Select } from "@fluentui/react-components";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf } from "../api/client.ts";
import type { Credential, MadeCredential } from "../api/types.ts";
import { FormDialog } from "../shared/form-dialog.tsx";
import { spanText } from "../shared/time-text.ts";
import { useToast } from "../shared/toast.tsx";
import { invalidateAccess, scopesOf } from "./access.ts";
import { SecretDialog } from "./secret-dialog.tsx";

/** From now on, as the API takes them. */
const LIFETIMES: readonly (readonly [value: string, label: string])[] = [
  ["", "Never"],
  ["30d", "In 30 days"],
  ["90d", "In 90 days"],
  ["180d", "In 180 days"],
  ["365d", "In a year"],
];

/** The expiry stays as it is. */
const UNCHANGED = "unchanged";

type CredentialDialogProps = {
  readonly endpoint: string;
  /** The credential to change, whose secret stays; a new one without. */
  readonly known?: Credential;
  readonly onClose: () => void;
};

export function CredentialDialog({ endpoint, known, onClose }: CredentialDialogProps) {
  const [kind, setKind] = useState<"token" | "client">("token");
  const [label, setLabel] = useState(known?.label ?? "");
  const [expires, setExpires] = useState(known === undefined ? "" : UNCHANGED);
  const [isReadOnly, setIsReadOnly] = useState(known?.scopes.includes("write") === false);
  const { say } = useToast();
  const save = useMutation({
    mutationFn: async (): Promise<MadeCredential | undefined> => {
      const path = { name: endpoint };
      const wanted = { label: label.trim(), scopes: scopesOf(isReadOnly) };
      if (known === undefined) {
        const body = { kind, expires: expires || null, ...wanted };
        return dataOf(api.POST("/api/endpoints/{name}/credentials", { params: { path }, body }));
      }
      const params = { path: { ...path, key: known.key } };
      const body = { ...wanted, ...(expires !== UNCHANGED && { expires: expires || null }) };
      await api.PATCH("/api/endpoints/{name}/credentials/{key}", { params, body });
      return undefined;
    },
    onSuccess: async (made) => {
      if (made === undefined) {
        onClose();
        say("Saved");
      }
      await invalidateAccess(endpoint);
    },
  });
  if (save.data !== undefined) return <SecretDialog made={save.data} onClose={onClose} />;
  const now = known?.expires == null ? "never" : spanText(new Date(known.expires));
  return (
    <FormDialog
      title={known === undefined ? "New token or client" : `Edit “${known.label}”`}
      action={known === undefined ? "Create" : "Save"}
      submission={save}
      isDisabled={label.trim() === ""}
      onClose={onClose}
    >
      {known === undefined && (
        <Field label="Kind">
          <RadioGroup value={kind} onChange={(_event, { value }) => setKind(value === "client" ? "client" : "token")}>
            <Radio value="token" label="Bearer token, which is pasted into the identity provider" />
            <Radio value="client" label="OAuth client (client credentials), which requests short-lived tokens" />
          </RadioGroup>
        </Field>
      )}
      <Field label="Label" hint="Shown in the activity beside each request">
        <Input value={label} placeholder="Entra ID production" onChange={(_event, { value }) => setLabel(value)} />
      </Field>
      <Field label="Expires">
        <Select value={expires} onChange={(_event, { value }) => setExpires(value)}>
          {known !== undefined && <option value={UNCHANGED}>As now: {now}</option>}
          {LIFETIMES.map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </Select>
      </Field>
      <Checkbox
        label="Read-only"
        checked={isReadOnly}
        onChange={(_event, { checked }) => setIsReadOnly(checked === true)}
      />
    </FormDialog>
  );
}
