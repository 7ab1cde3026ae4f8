import { api, dataOf } from "../api/client.ts";
import type { Credential } from "../api/types.ts";
import { ConfirmDialog } from "../shared/confirm-dialog.tsx";
import { Ago } from "../shared/time.tsx";
import { useToast } from "../shared/toast.tsx";
import { invalidateAccess } from "./access.ts";

type RemoveDialogProps = {
  readonly endpoint: string;
  readonly credential: Credential;
  readonly onClose: () => void;
};

export function RemoveDialog({ endpoint, credential: { key, label, lastUsed }, onClose }: RemoveDialogProps) {
  const { say } = useToast();
  const remove = async () => {
    const params = { path: { name: endpoint, key } };
    const { advice } = await dataOf(api.DELETE("/api/endpoints/{name}/credentials/{key}", { params }));
    await invalidateAccess(endpoint);
    say(advice ?? `“${label}” was removed`);
  };
  return (
    <ConfirmDialog title={`Remove “${label}”?`} action="Remove" onConfirm={remove} onClose={onClose}>
      Requests with this secret will be rejected at once.{" "}
      {lastUsed === null ? (
        "It was never used."
      ) : (
        <>
          It was last used <Ago iso={lastUsed} />.
        </>
      )}
    </ConfirmDialog>
  );
}
