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
  Textarea,
} from "@fluentui/react-components";
import { useMutation } from "@tanstack/react-query";
import { type KeyboardEvent, useState } from "react";
import { messageOf, Problem } from "../api/problem.ts";
import type { JsonObject, ScimResource } from "../api/types.ts";
import { useReturnFocus } from "../shared/return-focus.ts";
import { useToast } from "../shared/toast.tsx";
import { discardDraft, draftOf, keepDraft } from "./drafts.ts";
import { invalidateResources } from "./invalidate.ts";
import { replaceResource } from "./replace-resource.ts";
import styles from "./resource.module.css";

/** Longer texts are not edited by hand. */
const MAX_CHARACTERS = 400_000;

type EditDialogProps = {
  readonly endpoint: string;
  readonly type: string;
  readonly id: string;
  readonly resource: ScimResource;
  readonly onClose: () => void;
};

/** Edits a resource as JSON, and replaces it unless somebody changed it meanwhile (RFC 7644 §3.5.1). */
export function EditDialog({ endpoint, type, id, resource, onClose }: EditDialogProps) {
  useReturnFocus();
  const key = `${endpoint}/${type}/${id}`;
  const [draft] = useState(() => draftOf(key));
  const [original] = useState(() => editableText(resource));
  const [version] = useState(() => draft?.version ?? versionOf(resource));
  const [text, setText] = useState(draft?.text ?? original);
  const [isLeaving, setIsLeaving] = useState(false);
  const { say } = useToast();
  const save = useMutation({
    mutationFn: () => replaceResource({ endpoint, type, id, text, version }),
    onSuccess: async () => {
      discardDraft(key);
      onClose();
      await invalidateResources();
      say("Saved");
    },
  });

  const change = (next: string) => {
    setText(next);
    if (next === original) discardDraft(key);
    else keepDraft(key, { text: next, version });
  };
  const leave = () => {
    if (text === original || save.isPending) onClose();
    else setIsLeaving(true);
  };
  const discard = () => {
    discardDraft(key);
    onClose();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) save.mutate();
  };
  const isTooLong = original.length > MAX_CHARACTERS;
  return (
    <Dialog open modalType="modal" onOpenChange={leave}>
      <DialogSurface className={styles.editor}>
        <DialogBody>
          <DialogTitle>Edit as JSON</DialogTitle>
          <DialogContent className={styles.editorContent}>
            {draft !== undefined && <p>These are your unsaved edits.</p>}
            {isTooLong ? (
              <p>This is too long to edit here. Send a PATCH request to change a part of it.</p>
            ) : (
              <Textarea
                className={styles.area}
                textarea={{ className: styles.areaText ?? "", spellCheck: false }}
                aria-label="Resource as JSON"
                resize="vertical"
                value={text}
                onChange={(_event, { value }) => change(value)}
                onKeyDown={onKeyDown}
              />
            )}
            {save.error !== null && <Refusal error={save.error} />}
            {isLeaving && (
              <MessageBar intent="warning" layout="multiline" role="alert">
                <MessageBarBody>Your edits are not saved.</MessageBarBody>
              </MessageBar>
            )}
          </DialogContent>
          <DialogActions>
            {isLeaving ? (
              <>
                <Button onClick={() => setIsLeaving(false)}>Keep editing</Button>
                <Button appearance="primary" onClick={discard}>
                  Discard edits
                </Button>
              </>
            ) : (
              <>
                <Button onClick={leave}>Cancel</Button>
                <Button
                  appearance="primary"
                  disabledFocusable={save.isPending || isTooLong}
                  onClick={() => save.mutate()}
                >
                  Save
                </Button>
              </>
            )}
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}

function Refusal({ error }: { readonly error: Error }) {
  const isConflict = error instanceof Problem && error.status === 412;
  return (
    <MessageBar intent="error" layout="multiline" role="alert">
      <MessageBarBody>
        {isConflict
          ? "Someone changed this while you were editing. Copy your edits, close, and reopen."
          : messageOf(error)}
      </MessageBarBody>
    </MessageBar>
  );
}

/** Without what the server sets itself. */
function editableText({ id: _, meta: __, groups: ___, ...attributes }: ScimResource): string {
  return JSON.stringify(attributes, null, 2);
}

function versionOf({ meta }: ScimResource): string | undefined {
  const version = (meta as JsonObject | undefined)?.["version"];
  return typeof version === "string" ? version : undefined;
}
