import { Field, Input } from "@fluentui/react-components";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, dataOf } from "../api/client.ts";
import { endpointsQuery, queryClient } from "../api/queries.ts";
import { FormDialog } from "../shared/form-dialog.tsx";

export function RenameDialog({ name, onClose }: { readonly name: string; readonly onClose: () => void }) {
  const [wanted, setWanted] = useState(name);
  const navigate = useNavigate();
  const rename = useMutation({
    mutationFn: () => {
      const params = { path: { name } };
      return dataOf(api.PATCH("/api/endpoints/{name}", { params, body: { name: wanted.trim() } }));
    },
    onSuccess: async (endpoint) => {
      onClose();
      await queryClient.invalidateQueries({ queryKey: endpointsQuery.queryKey });
      await navigate({ to: "/endpoints/$endpoint", params: { endpoint: endpoint.name }, search: {}, replace: true });
    },
  });
  return (
    <FormDialog
      title={`Rename ${name}`}
      action="Rename"
      submission={rename}
      isDisabled={wanted.trim() === "" || wanted.trim() === name}
      onClose={onClose}
    >
      <Field label="New name" hint="Lower-case letters, digits and hyphens, as in the base URL.">
        <Input value={wanted} onChange={(_event, { value }) => setWanted(value)} />
      </Field>
    </FormDialog>
  );
}
