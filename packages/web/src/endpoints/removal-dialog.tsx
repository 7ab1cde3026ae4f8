import { Field, Input } from "@fluentui/react-components";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, dataOf } from "../api/client.ts";
import { endpointsQuery, queryClient } from "../api/queries.ts";
import { counted } from "../shared/counted.ts";
import { FormDialog } from "../shared/form-dialog.tsx";
import { useToast } from "../shared/toast.tsx";

type RemovalDialogProps = {
  readonly what: "empty" | "delete";
  readonly name: string;
  readonly onClose: () => void;
};

/** Empties or deletes an endpoint, once its name was typed. */
export function RemovalDialog({ what, name, onClose }: RemovalDialogProps) {
  const [confirm, setConfirm] = useState("");
  const navigate = useNavigate();
  const { say } = useToast();
  const remove = useMutation({
    mutationFn: async () => {
      const params = { path: { name } };
      if (what === "empty") {
        const { removed } = await dataOf(api.POST("/api/endpoints/{name}/empty", { params, body: { confirm } }));
        return `Removed ${counted(removed, "resource")}`;
      }
      await api.DELETE("/api/endpoints/{name}", { params, body: { confirm } });
      return `${name} was deleted`;
    },
    onSuccess: async (text) => {
      onClose();
      say(text);
      await queryClient.invalidateQueries({ queryKey: endpointsQuery.queryKey });
      if (what === "delete") await navigate({ to: "/endpoints" });
    },
  });
  return (
    <FormDialog
      title={what === "empty" ? `Empty ${name}?` : `Delete ${name}?`}
      action={what === "empty" ? "Empty" : "Delete"}
      submission={remove}
      isDisabled={confirm !== name}
      onClose={onClose}
    >
      <p>
        {what === "empty"
          ? "All users and groups of this endpoint are removed."
          : "The endpoint is deleted with its users, groups, tokens and history."}{" "}
        This cannot be undone.
      </p>
      <Field label={`Type “${name}” to confirm`}>
        <Input value={confirm} autoComplete="off" onChange={(_event, { value }) => setConfirm(value)} />
      </Field>
    </FormDialog>
  );
}
