import { Button } from "@fluentui/react-components";
import type { ReactNode } from "react";
import { DialogFrame } from "./dialog-frame.tsx";
import { ErrorBar } from "./error-bar.tsx";

/** What the button does, such as a mutation of TanStack Query. */
type Submission = { readonly isPending: boolean; readonly error: Error | null; readonly mutate: () => void };

type FormDialogProps = {
  readonly title: string;
  readonly children: ReactNode;
  /** On the button. */
  readonly action: string;
  readonly submission: Submission;
  readonly isDisabled?: boolean;
  readonly onClose: () => void;
};

/** A few fields and one button; a refusal of the server is shown below the fields. */
export function FormDialog({ title, children, action, submission, isDisabled = false, onClose }: FormDialogProps) {
  const { isPending, error, mutate } = submission;
  const isBlocked = isPending || isDisabled;
  return (
    <DialogFrame
      title={title}
      modalType="alert"
      onSubmit={() => !isBlocked && mutate()}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" appearance="primary" disabledFocusable={isBlocked}>
            {action}
          </Button>
        </>
      }
    >
      {children}
      <ErrorBar error={error} />
    </DialogFrame>
  );
}
