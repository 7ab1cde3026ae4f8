import { api } from "../api/client.ts";
import { ConfirmDialog } from "../shared/confirm-dialog.tsx";
import { shortText } from "../shared/short-text.ts";
import { useToast } from "../shared/toast.tsx";
import { invalidateResources } from "./invalidate.ts";

type DeleteDialogProps = {
  readonly endpoint: string;
  readonly type: string;
  readonly id: string;
  readonly name: string;
  readonly onClose: () => void;
};

export function DeleteDialog({ endpoint, type, id, name, onClose }: DeleteDialogProps) {
  const { say } = useToast();
  const remove = async () => {
    const params = { path: { endpoint, type, id } };
    await api.DELETE("/api/endpoints/{endpoint}/scim/v2/{type}/{id}", { params });
    await invalidateResources();
    say(`${shortText(name)} was deleted`);
  };
  return (
    <ConfirmDialog title={`Delete ${shortText(name)}?`} action="Delete" onConfirm={remove} onClose={onClose}>
      You can restore it from this page while its history is kept. The identity provider is not told and may create it
      again.
    </ConfirmDialog>
  );
}
