import { api, dataOf } from "../api/client.ts";
import { ConfirmDialog } from "../shared/confirm-dialog.tsx";
import { useToast } from "../shared/toast.tsx";
import { invalidateResources } from "./invalidate.ts";

type RestoreDialogProps = {
  readonly endpoint: string;
  readonly id: string;
  readonly revision: number;
  readonly onClose: () => void;
};

/** Makes a former version the newest one, or restores a deleted resource. */
export function RestoreDialog({ endpoint, id, revision, onClose }: RestoreDialogProps) {
  const { say } = useToast();
  const restore = async () => {
    const params = { path: { name: endpoint, id } };
    const { changes } = await dataOf(
      api.POST("/api/endpoints/{name}/history/{id}/restore", { params, body: { revision } }),
    );
    await invalidateResources();
    say(changes.length === 0 ? "Nothing differed" : `Version ${revision} was restored`);
  };
  return (
    <ConfirmDialog title={`Restore version ${revision}?`} action="Restore" onConfirm={restore} onClose={onClose}>
      It becomes the newest version. The identity provider is not told and may change it again.
    </ConfirmDialog>
  );
}
