import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  MessageBar,
  MessageBarBody,
} from "@fluentui/react-components";
import type { FormEvent, ReactNode } from "react";
import { messageOf } from "../api/problem.ts";
import { useReturnFocus } from "./focus.ts";
import styles from "./form-dialog.module.css";

type FormDialogProps = {
  readonly title: string;
  readonly children: ReactNode;
  /** On the button. */
  readonly action: string;
  readonly isPending: boolean;
  readonly error: Error | null;
  readonly isDisabled?: boolean;
  readonly onSubmit: () => void;
  readonly onClose: () => void;
};

/** A few fields and one button; a refusal of the server is shown below the fields. */
export function FormDialog(props: FormDialogProps) {
  useReturnFocus();
  const { title, children, action, isPending, error, isDisabled = false, onSubmit, onClose } = props;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!isPending && !isDisabled) onSubmit();
  };
  return (
    <Dialog open modalType="alert" onOpenChange={onClose}>
      <DialogSurface>
        <form onSubmit={submit}>
          <DialogBody>
            <DialogTitle>{title}</DialogTitle>
            <DialogContent className={styles.fields}>
              {children}
              {error !== null && (
                <MessageBar intent="error" layout="multiline" role="alert">
                  <MessageBarBody>{messageOf(error)}</MessageBarBody>
                </MessageBar>
              )}
            </DialogContent>
            <DialogActions>
              <Button onClick={onClose}>Cancel</Button>
              <Button type="submit" appearance="primary" disabledFocusable={isPending || isDisabled}>
                {action}
              </Button>
            </DialogActions>
          </DialogBody>
        </form>
      </DialogSurface>
    </Dialog>
  );
}
