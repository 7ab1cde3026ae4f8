import { Button } from "@fluentui/react-components";
import type { MadeCredential } from "../api/types.ts";
import { CopyField } from "../shared/copy-field.tsx";
import { DialogFrame } from "../shared/dialog-frame.tsx";

type SecretDialogProps = {
  readonly made: MadeCredential;
  /** A sentence about what happens next. */
  readonly note?: string;
  readonly onClose: () => void;
};

/** Shows a new secret, once. It closes only by its button. */
export function SecretDialog({ made, note, onClose }: SecretDialogProps) {
  const { label, kind, clientId, secret, baseUrl, tokenUrl } = made;
  return (
    <DialogFrame
      title={label}
      modalType="alert"
      onClose={onClose}
      actions={
        <Button appearance="primary" onClick={onClose}>
          Done
        </Button>
      }
    >
      <CopyField label="SCIM base URL" text={baseUrl} />
      {tokenUrl !== undefined && <CopyField label="Token URL" text={tokenUrl} />}
      {clientId !== null && <CopyField label="Client ID" text={clientId} />}
      <CopyField
        label={kind === "client" ? "Client secret" : "Token"}
        text={secret}
        hint="Copy it now: it is not shown again."
      />
      {note !== undefined && <p>{note}</p>}
    </DialogFrame>
  );
}
