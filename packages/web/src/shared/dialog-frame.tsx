import {
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  type DialogProps,
  DialogSurface,
  type DialogSurfaceProps,
  DialogTitle,
} from "@fluentui/react-components";
import type { FormEvent, ReactNode } from "react";
import styles from "./dialog-frame.module.css";
import { useReturnFocus } from "./focus.ts";

type DialogFrameProps = {
  readonly title: ReactNode;
  readonly children: ReactNode;
  /** Buttons: at times, Fluent hides a dialog without anything to focus from assistive technology. */
  readonly actions: ReactNode;
  /** `alert` closes only by a button. */
  readonly modalType?: DialogProps["modalType"];
  readonly isWide?: boolean;
  readonly onKeyDown?: DialogSurfaceProps["onKeyDown"];
  /** Makes it a form. */
  readonly onSubmit?: () => void;
  readonly onClose: () => void;
};

/** A dialog with a title, content and buttons; closing it returns the focus. */
export function DialogFrame(props: DialogFrameProps) {
  useReturnFocus();
  const { title, children, actions, modalType = "modal", isWide = false, onKeyDown, onSubmit, onClose } = props;
  const body = (
    <DialogBody>
      <DialogTitle>{title}</DialogTitle>
      <DialogContent className={styles.content}>{children}</DialogContent>
      <DialogActions>{actions}</DialogActions>
    </DialogBody>
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit?.();
  };
  return (
    <Dialog open modalType={modalType} onOpenChange={onClose}>
      <DialogSurface className={isWide ? styles.wide : undefined} onKeyDown={onKeyDown}>
        {onSubmit === undefined ? body : <form onSubmit={submit}>{body}</form>}
      </DialogSurface>
    </Dialog>
  );
}
