import { Checkbox, Field, Input, Radio, RadioGroup, Select } from "@fluentui/react-components";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf } from "../api/client.ts";
import { FormDialog } from "../shared/form-dialog.tsx";
import { invalidateCredentials, LIFETIMES } from "./credentials.ts";
import { SecretDialog } from "./secret-dialog.tsx";

type NewCredentialDialogProps = { readonly endpoint: string; readonly onClose: () => void };

export function NewCredentialDialog({ endpoint, onClose }: NewCredentialDialogProps) {
  const [kind, setKind] = useState<"token" | "client">("token");
  const [label, setLabel] = useState("");
  const [expires, setExpires] = useState("");
  const [isReadOnly, setIsReadOnly] = useState(false);
  const create = useMutation({
    mutationFn: () =>
      dataOf(
        api.POST("/api/endpoints/{name}/credentials", {
          params: { path: { name: endpoint } },
          body: { kind, label: label.trim(), expires: expires || null, ...(isReadOnly && { scopes: ["read"] }) },
        }),
      ),
    onSuccess: () => invalidateCredentials(endpoint),
  });
  if (create.data !== undefined) return <SecretDialog made={create.data} onClose={onClose} />;
  return (
    <FormDialog
      title="New token or client"
      action="Create"
      isPending={create.isPending}
      error={create.error}
      isDisabled={label.trim() === ""}
      onSubmit={() => create.mutate()}
      onClose={onClose}
    >
      <Field label="Kind">
        <RadioGroup value={kind} onChange={(_event, { value }) => setKind(value === "client" ? "client" : "token")}>
          <Radio value="token" label="Bearer token, which is pasted into the identity provider" />
          <Radio value="client" label="OAuth client (client credentials), which requests short-lived tokens" />
        </RadioGroup>
      </Field>
      <Field label="Label" hint="Shown in the activity beside each request">
        <Input value={label} placeholder="Entra ID production" onChange={(_event, { value }) => setLabel(value)} />
      </Field>
      <Field label="Expires">
        <Select value={expires} onChange={(_event, { value }) => setExpires(value)}>
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
