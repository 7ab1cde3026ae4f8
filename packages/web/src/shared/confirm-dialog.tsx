import { useMutation } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { FormDialog } from "./form-dialog.tsx";

type ConfirmDialogProps = {
  readonly title: string;
  readonly children: ReactNode;
  /** On the button. */
  readonly action: string;
  /** A rejection is shown, and the dialog stays. */
  readonly onConfirm: () => Promise<unknown>;
  readonly onClose: () => void;
};

/** Asks before something that cannot be undone with a click. */
export function ConfirmDialog({ title, children, action, onConfirm, onClose }: ConfirmDialogProps) {
  const submission = useMutation({ mutationFn: onConfirm, onSuccess: onClose });
  return (
    <FormDialog {...{ title, action, submission, onClose }}>
      <p>{children}</p>
    </FormDialog>
  );
}
