import { Button } from "@fluentui/react-components";
import { ArrowCounterclockwiseRegular } from "@fluentui/react-icons/svg/arrow-counterclockwise";
import { DeleteRegular } from "@fluentui/react-icons/svg/delete";
import { EditRegular } from "@fluentui/react-icons/svg/edit";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { queryClient, resourceQuery } from "../api/queries.ts";
import type { ScimResource, TimelineEntry } from "../api/types.ts";
import { useMayChange } from "../session/session.ts";
import { CopyButton } from "../shared/copy-button.tsx";
import { shortText } from "../shared/short-text.ts";
import { Ago } from "../shared/time.tsx";
import { ActiveBadge } from "./active-badge.tsx";
import styles from "./resource.module.css";
import { useTypeView } from "./use-type-view.ts";

const EditDialog = lazy(async () => ({ default: (await import("./edit-dialog.tsx")).EditDialog }));
const DeleteDialog = lazy(async () => ({ default: (await import("./delete-dialog.tsx")).DeleteDialog }));
const RestoreDialog = lazy(async () => ({ default: (await import("./restore-dialog.tsx")).RestoreDialog }));

type ResourceHeadProps = {
  readonly endpoint: string;
  readonly type: string;
  readonly id: string;
  readonly name: string;
  /** undefined if it does not exist now. */
  readonly current: ScimResource | undefined;
  readonly deletion: TimelineEntry | undefined;
};

export function ResourceHead({ endpoint, type, id, name, current, deletion }: ResourceHeadProps) {
  const mayChange = useMayChange();
  const { view, definition } = useTypeView(endpoint, type);
  const [open, setOpen] = useState<"edit" | "delete" | "restore">();
  const close = () => setOpen(undefined);
  const edit = async () => {
    // An edit of an older version could not be saved.
    await queryClient.refetchQueries({ queryKey: resourceQuery(endpoint, type, id).queryKey });
    setOpen("edit");
  };
  return (
    <header className={styles.head}>
      <div className={styles.heading}>
        <h1 tabIndex={-1}>
          <bdi title={name}>{shortText(name)}</bdi>
        </h1>
        {current !== undefined && view.hasActive && <ActiveBadge isActive={current["active"] !== false} />}
        {deletion !== undefined && (
          <span className={styles.deleted}>
            Deleted <Ago iso={deletion.at} />
            {deletion.actor.dialectName !== "" && ` by ${deletion.actor.dialectName}`}
          </span>
        )}
      </div>
      <p className={styles.id}>
        <code>{id}</code>
        <CopyButton label="Copy the ID" isIconOnly text={id} />
        <Link to="/" search={{ resource: id }}>
          All requests
        </Link>
      </p>
      {mayChange && (
        <div className={styles.actions}>
          {current !== undefined && (
            <>
              <Button icon={<EditRegular />} onClick={() => void edit()}>
                Edit
              </Button>
              <Button icon={<DeleteRegular />} onClick={() => setOpen("delete")}>
                Delete
              </Button>
            </>
          )}
          {deletion !== undefined && (
            <Button appearance="primary" icon={<ArrowCounterclockwiseRegular />} onClick={() => setOpen("restore")}>
              Restore
            </Button>
          )}
        </div>
      )}
      <Suspense fallback={null}>
        {open === "edit" && current !== undefined && definition !== undefined && (
          <EditDialog {...{ endpoint, definition }} one={view.one} resource={current} onClose={close} />
        )}
        {open === "delete" && <DeleteDialog {...{ endpoint, type, id, name }} onClose={close} />}
        {open === "restore" && deletion !== undefined && (
          <RestoreDialog {...{ endpoint, id }} revision={deletion.revision} onClose={close} />
        )}
      </Suspense>
    </header>
  );
}
