import { Button } from "@fluentui/react-components";
import { CloudArrowUpRegular } from "@fluentui/react-icons/svg/cloud-arrow-up";
import { useMutation, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api, dataOf } from "../api/client.ts";
import { backupQuery, queryClient } from "../api/queries.ts";
import type { BackupStatus } from "../api/types.ts";
import { useMayChange } from "../session/session.ts";
import { bytesText } from "../shared/bytes.ts";
import { CopyField } from "../shared/copy-field.tsx";
import { Loaded } from "../shared/loaded.tsx";
import styles from "../shared/page.module.css";
import { Ago } from "../shared/time.tsx";
import { lengthText } from "../shared/time-text.ts";
import { useTitle } from "../shared/title.ts";
import { useToast } from "../shared/toast.tsx";
import { RestorePointsCard } from "./restore-points-card.tsx";
import { StorageLine } from "./storage-line.tsx";
import { VerificationCard } from "./verification-card.tsx";

/** Where the data is and how safe it is. */
export function StorageView() {
  const query = useQuery(backupQuery);
  useTitle("Storage");
  // Without a secret, the answer would be shorter.
  const status = query.data !== undefined && "mode" in query.data ? query.data : undefined;
  const target = status?.target ?? null;
  return (
    <div className={styles.page}>
      <h1 tabIndex={-1}>Storage</h1>
      <div className={styles.cards}>
        <section className={styles.card} aria-label="Backup">
          <Loaded query={{ data: status, error: query.error, refetch: query.refetch }} lines={4}>
            {(known) => <StorageLine status={known} />}
          </Loaded>
          {status?.mode === "none" && status.databaseServer === undefined && <HowToBackUp />}
          {status?.databaseServer !== undefined && <DatabaseServerFacts {...status.databaseServer} />}
          {status !== undefined && target !== null && <LossLine status={status} />}
          {target !== null && status?.role === "primary" && <BackUpButton />}
        </section>
        {status !== undefined && target !== null && (
          <>
            <VerificationCard />
            <StorageFacts status={status} />
            <RestorePointsCard target={target} />
          </>
        )}
      </div>
    </div>
  );
}

const DOCS = "https://github.com/kayasax/SCIMTool/blob/main/docs";

function HowToBackUp() {
  return (
    <>
      <CopyField
        label="Start the server with a folder on another disk, or the URL of a blob container"
        text="npm start -- --backup-target /mnt/backup/scimtool"
      />
      <a href={`${DOCS}/backup.md`} target="_blank" rel="noopener noreferrer">
        How to set it up
      </a>
    </>
  );
}

function DatabaseServerFacts({ name, version }: NonNullable<BackupStatus["databaseServer"]>) {
  return (
    <>
      <p>
        Only the database server can back up and restore this data, so SCIMTool does not know whether a backup exists.
        Check that its backups are on, how long it keeps them, and that you can restore one.{" "}
        <a href={`${DOCS}/postgres.md#backup`} target="_blank" rel="noopener noreferrer">
          How to set it up
        </a>
      </p>
      <dl className={styles.facts}>
        <Fact label="Database" value={<code>{name}</code>} />
        <Fact label="PostgreSQL" value={version} />
      </dl>
    </>
  );
}

/** What would be lost with this disk. */
function LossLine({ status: { lag, role } }: { readonly status: BackupStatus }) {
  if (role !== "primary") return null;
  return (
    <p>
      <strong>If this disk were lost now: </strong>
      {lag.commits === 0
        ? "nothing would be lost."
        : `the changes of the last ${lengthText(lag.ms)} would be lost (${lag.commits} commits, ${bytesText(lag.bytes)}).`}
    </p>
  );
}

function BackUpButton() {
  const mayChange = useMayChange();
  const { say, sayProblem } = useToast();
  const backUp = useMutation({
    mutationFn: () => dataOf(api.POST("/api/backup/trigger")),
    onSuccess: () => say("Backed up"),
    onError: sayProblem,
    onSettled: () => queryClient.invalidateQueries({ queryKey: backupQuery.queryKey }),
  });
  if (!mayChange) return null;
  return (
    <div>
      <Button icon={<CloudArrowUpRegular />} disabledFocusable={backUp.isPending} onClick={() => backUp.mutate()}>
        {backUp.isPending ? "Backing up…" : "Back up now"}
      </Button>
    </div>
  );
}

function StorageFacts({ status }: { readonly status: BackupStatus }) {
  const { target, mode, role, durability, lag, lastBackupTime, backupCount, lastSnapshot, lastScrub } = status;
  const facts: readonly (readonly [label: string, value: ReactNode])[] = [
    ["Backup target", target ?? mode],
    ["Role", { primary: "Primary", standby: "Standby", fenced: "Stopped: another instance is the primary" }[role]],
    ["Durability", durability?.inForce ?? "none"],
    ["Not backed up yet", lag.commits === 0 ? "nothing" : `${lag.commits} commits, ${lengthText(lag.ms)}`],
    ["Last backup", lastBackupTime === null ? "none yet" : <Ago iso={lastBackupTime} />],
    ["Backups", backupCount.toLocaleString("en")],
    ["Last snapshot", lastSnapshot === null ? "none yet" : <Ago iso={lastSnapshot.time} />],
    [
      "Last check",
      lastScrub === null ? (
        "none yet"
      ) : (
        <>
          {lastScrub.verdict}, <Ago iso={lastScrub.time} />
        </>
      ),
    ],
    ["Failed operations", status.errors.toLocaleString("en")],
  ];
  return (
    <section className={styles.card} aria-label="Details">
      <h2>Details</h2>
      <dl className={styles.facts}>
        {facts.map(([label, value]) => (
          <Fact key={label} label={label} value={value} />
        ))}
      </dl>
    </section>
  );
}

function Fact({ label, value }: { readonly label: string; readonly value: ReactNode }) {
  return (
    <>
      <dt>{label}</dt>
      <dd>{value}</dd>
    </>
  );
}
