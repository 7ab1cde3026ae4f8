import { api, dataOf } from "../api/client.ts";
import { invalidateResources } from "../resources/invalidate.ts";
import { ConfirmDialog } from "../shared/confirm-dialog.tsx";
import { useToast } from "../shared/toast.tsx";

type UndoDialogProps = {
  readonly endpoint: string;
  readonly versions: readonly { readonly id: string; readonly revision: number }[];
  readonly onClose: () => void;
};

/** Restores the versions from before a request, one after the other. */
export function UndoDialog({ endpoint, versions, onClose }: UndoDialogProps) {
  const { say } = useToast();
  const what = versions.length === 1 ? "the version from before" : `${versions.length} versions from before`;
  const restore = async () => {
    try {
      for (const { id, revision } of versions) {
        const params = { path: { name: endpoint, id } };
        await dataOf(api.POST("/api/endpoints/{name}/history/{id}/restore", { params, body: { revision } }));
      }
    } finally {
      await invalidateResources();
    }
    say(`Restored ${what}`);
  };
  return (
    <ConfirmDialog title={`Restore ${what}?`} action="Restore" onConfirm={restore} onClose={onClose}>
      Later changes of the same resources are undone too. The identity provider is not told and may change them again.
    </ConfirmDialog>
  );
}
