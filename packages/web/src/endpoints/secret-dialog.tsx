import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
} from "@fluentui/react-components";
import type { MadeCredential } from "../api/types.ts";
import { CopyField } from "../shared/copy-field.tsx";
import { useReturnFocus } from "../shared/focus.ts";
import styles from "./endpoints.module.css";

type SecretDialogProps = {
  readonly made: MadeCredential;
  /** A sentence about what happens next. */
  readonly note?: string;
  readonly onClose: () => void;
};

/** Shows a new secret, once. It closes only by its button. */
export function SecretDialog({ made, note, onClose }: SecretDialogProps) {
  useReturnFocus();
  const { label, kind, clientId, secret, baseUrl, tokenUrl } = made;
  const isClient = kind === "client";
  return (
    <Dialog open modalType="alert" onOpenChange={onClose}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{label}</DialogTitle>
          <DialogContent className={styles.form}>
            <CopyField label="SCIM base URL" text={baseUrl} />
            {tokenUrl !== undefined && <CopyField label="Token URL" text={tokenUrl} />}
            {clientId !== null && <CopyField label="Client ID" text={clientId} />}
            <CopyField
              label={isClient ? "Client secret" : "Token"}
              text={secret}
              hint="Copy it now: it is not shown again."
            />
            {note !== undefined && <p>{note}</p>}
          </DialogContent>
          <DialogActions>
            <Button appearance="primary" onClick={onClose}>
              Done
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
