import { Field, Select } from "@fluentui/react-components";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf } from "../api/client.ts";
import type { Credential } from "../api/types.ts";
import { FormDialog } from "../shared/form-dialog.tsx";
import { invalidateAccess } from "./access.ts";
import { SecretDialog } from "./secret-dialog.tsx";

const GRACES: readonly (readonly [value: string, label: string])[] = [
  ["1h", "1 hour"],
  ["24h", "24 hours"],
  ["7d", "7 days"],
];

type RotateDialogProps = {
  readonly endpoint: string;
  readonly credential: Credential;
  readonly onClose: () => void;
};

/** Replaces a secret; both are valid for some time. */
export function RotateDialog({ endpoint, credential: { key, label }, onClose }: RotateDialogProps) {
  const [grace, setGrace] = useState("24h");
  const rotate = useMutation({
    mutationFn: () => {
      const params = { path: { name: endpoint, key } };
      return dataOf(api.POST("/api/endpoints/{name}/credentials/{key}/rotate", { params, body: { grace } }));
    },
    onSuccess: () => invalidateAccess(endpoint),
  });
  if (rotate.data !== undefined) {
    const until = GRACES.find(([value]) => value === grace)?.[1];
    return <SecretDialog made={rotate.data} note={`The old secret stays valid for ${until}.`} onClose={onClose} />;
  }
  return (
    <FormDialog title={`Rotate “${label}”?`} action="Create a new secret" submission={rotate} onClose={onClose}>
      <p>A new secret is created. Paste it into the identity provider before the old one becomes invalid.</p>
      <Field label="The old secret stays valid for">
        <Select value={grace} onChange={(_event, { value }) => setGrace(value)}>
          {GRACES.map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </Select>
      </Field>
    </FormDialog>
  );
}
