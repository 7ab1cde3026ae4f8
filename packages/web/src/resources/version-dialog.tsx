import { Button, Field, Select } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { messageOf } from "../api/problem.ts";
import { stateQuery } from "../api/queries.ts";
import type { JsonObject } from "../api/types.ts";
import { useMayChange } from "../session/session.ts";
import { DialogFrame } from "../shared/dialog-frame.tsx";
import { JsonText, laidOutJson } from "../shared/json-text.tsx";
import { ExactTime } from "../shared/time.tsx";
import { ChangesTable, changeRows } from "./changes-table.tsx";
import { differencesOf } from "./differences.ts";
import styles from "./resource.module.css";
import { RestoreDialog } from "./restore-dialog.tsx";

type VersionDialogProps = {
  readonly endpoint: string;
  readonly id: string;
  readonly revision: number;
  /** Versions that may be compared with it, the newest first. */
  readonly revisions: readonly number[];
  /** Whether the newest version is the current one: not after a deletion. */
  readonly isThere: boolean;
  readonly onClose: () => void;
};

/** What a resource was at a version, and how that differs from another version: what restoring it would change. */
export function VersionDialog({ endpoint, id, revision, revisions, isThere, onClose }: VersionDialogProps) {
  const others = revisions.filter((each) => each !== revision);
  const newest = revisions[0];
  const [otherRevision, setOtherRevision] = useState(() => (newest !== revision && isThere ? newest : others[0]));
  const { data: state, error } = useQuery(stateQuery(endpoint, id, revision));
  const { data: other } = useQuery({
    ...stateQuery(endpoint, id, otherRevision ?? 0),
    enabled: otherRevision !== undefined,
  });
  const mayChange = useMayChange();
  const [isRestoring, setIsRestoring] = useState(false);
  if (isRestoring) return <RestoreDialog {...{ endpoint, id, revision, onClose }} />;
  const resource = state?.resource as JsonObject | null | undefined;
  const compared = other?.resource as JsonObject | null | undefined;
  const isCurrent = state?.isCurrent === true;
  const rows = compared && resource ? changeRows(differencesOf(compared, resource), []) : undefined;
  return (
    <DialogFrame
      title={`Version ${revision}`}
      isWide
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Close</Button>
          {mayChange && state !== undefined && !isCurrent && resource !== null && (
            <Button appearance="primary" onClick={() => setIsRestoring(true)}>
              Restore this version
            </Button>
          )}
        </>
      }
    >
      {error !== null && <p>{messageOf(error)}</p>}
      {isCurrent && <p>This is the current version.</p>}
      {!isCurrent && state?.at != null && (
        <p className={styles.soft}>
          Since <ExactTime iso={state.at} />
        </p>
      )}
      {otherRevision !== undefined && (
        <Field label="Compare with" orientation="horizontal">
          <Select value={String(otherRevision)} onChange={(_event, { value }) => setOtherRevision(Number(value))}>
            {others.map((each) => (
              <option key={each} value={each}>
                {`Version ${each}${each === newest && isThere ? " (current)" : ""}`}
              </option>
            ))}
          </Select>
        </Field>
      )}
      {rows?.length === 0 && <p>The two versions do not differ.</p>}
      {rows !== undefined && rows.length > 0 && (
        <>
          <h3>
            {other?.isCurrent === true && isThere
              ? "If you restore this version"
              : `From version ${otherRevision} to version ${revision}`}
          </h3>
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
    </DialogFrame>
  );
}
