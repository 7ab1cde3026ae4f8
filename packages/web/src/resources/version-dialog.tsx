import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
} from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { messageOf } from "../api/problem.ts";
import { stateQuery } from "../api/queries.ts";
import type { JsonObject, ScimResource } from "../api/types.ts";
import { useMayChange } from "../session/session.ts";
import { JsonText, laidOutJson } from "../shared/json-text.tsx";
import { useReturnFocus } from "../shared/return-focus.ts";
import { ExactTime } from "../shared/time.tsx";
import { ChangesTable, changeRows } from "./changes-table.tsx";
import { differencesOf } from "./differences.ts";
import styles from "./resource.module.css";
import { RestoreDialog } from "./restore-dialog.tsx";

type VersionDialogProps = {
  readonly endpoint: string;
  readonly id: string;
  readonly revision: number;
  /** undefined if it was deleted. */
  readonly current: ScimResource | undefined;
  readonly onClose: () => void;
};

/** What a resource was at a version, and what restoring that would change. */
export function VersionDialog({ endpoint, id, revision, current, onClose }: VersionDialogProps) {
  useReturnFocus();
  const { data: state, error } = useQuery(stateQuery(endpoint, id, revision));
  const mayChange = useMayChange();
  const [isRestoring, setIsRestoring] = useState(false);
  if (isRestoring) return <RestoreDialog {...{ endpoint, id, revision, onClose }} />;
  const resource = state?.resource as JsonObject | null | undefined;
  const isCurrent = state?.isCurrent === true;
  const rows = current && resource && !isCurrent ? changeRows(differencesOf(current, resource), []) : [];
  return (
    <Dialog open onOpenChange={onClose}>
      <DialogSurface className={styles.editor}>
        <DialogBody>
          <DialogTitle>Version {revision}</DialogTitle>
          <DialogContent className={styles.editorContent}>
            {error !== null && <p>{messageOf(error)}</p>}
            {isCurrent && <p>This is the current version.</p>}
            {!isCurrent && state?.at != null && (
              <p className={styles.soft}>
                Since <ExactTime iso={state.at} />
              </p>
            )}
            {rows.length > 0 && (
              <>
                <h3>If you restore this version</h3>
                <ChangesTable rows={rows} />
              </>
            )}
            {resource === null && <p>It did not exist then.</p>}
            {resource != null && (
              <>
                <h3>Full JSON</h3>
                <JsonText text={laidOutJson(JSON.stringify(resource)) ?? ""} isJson />
              </>
            )}
          </DialogContent>
          <DialogActions>
            <Button onClick={onClose}>Close</Button>
            {mayChange && state !== undefined && !isCurrent && resource !== null && (
              <Button appearance="primary" onClick={() => setIsRestoring(true)}>
                Restore this version
              </Button>
            )}
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
