import { Checkbox, Field, Input, Select } from "@fluentui/react-components";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf } from "../api/client.ts";
import type { Credential } from "../api/types.ts";
import { FormDialog } from "../shared/form-dialog.tsx";
import { spanText } from "../shared/time-text.ts";
import { useToast } from "../shared/toast.tsx";
import { invalidateCredentials, LIFETIMES } from "./credentials.ts";

/** The expiry stays as it is. */
const UNCHANGED = "unchanged";

type EditCredentialDialogProps = {
  readonly endpoint: string;
  readonly credential: Credential;
  readonly onClose: () => void;
};

/** Changes the label, the expiry or the scopes. The secret stays. */
export function EditCredentialDialog({ endpoint, credential, onClose }: EditCredentialDialogProps) {
  const [label, setLabel] = useState(credential.label);
  const [expires, setExpires] = useState(UNCHANGED);
  const [isReadOnly, setIsReadOnly] = useState(!credential.scopes.includes("write"));
  const { say } = useToast();
  const save = useMutation({
    mutationFn: () => {
      const params = { path: { name: endpoint, key: credential.key } };
      const scopes: ("read" | "write")[] = isReadOnly ? ["read"] : ["read", "write"];
      const body = { label: label.trim(), scopes, ...(expires !== UNCHANGED && { expires: expires || null }) };
      return dataOf(api.PATCH("/api/endpoints/{name}/credentials/{key}", { params, body }));
    },
    onSuccess: async () => {
      onClose();
      await invalidateCredentials(endpoint);
      say("Saved");
    },
  });
  const now = credential.expires === null ? "never" : spanText(new Date(credential.expires));
  return (
    <FormDialog
      title={`Edit “${credential.label}”`}
      action="Save"
      isPending={save.isPending}
      error={save.error}
      isDisabled={label.trim() === ""}
      onSubmit={() => save.mutate()}
      onClose={onClose}
    >
      <Field label="Label" hint="Shown in the activity beside each request">
        <Input value={label} onChange={(_event, { value }) => setLabel(value)} />
      </Field>
      <Field label="Expires">
        <Select value={expires} onChange={(_event, { value }) => setExpires(value)}>
          <option value={UNCHANGED}>As now: {now}</option>
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
