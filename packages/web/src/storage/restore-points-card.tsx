import { Button, Field, Input } from "@fluentui/react-components";
import { ArrowDownloadRegular } from "@fluentui/react-icons/svg/arrow-download";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf } from "../api/client.ts";
import type { RestorePoints } from "../api/types.ts";
import { useMayChange } from "../session/session.ts";
import { bytesText } from "../shared/bytes.ts";
import { CopyField } from "../shared/copy-field.tsx";
import { Loaded } from "../shared/loaded.tsx";
import pageStyles from "../shared/page.module.css";
import { ExactTime } from "../shared/time.tsx";
import { spanText } from "../shared/time-text.ts";
import styles from "./storage.module.css";

const REFRESH_MS = 60_000;

/** Of the slider. */
const STEPS = 1_000;

/** What can be restored, on a timeline. */
export function RestorePointsCard({ target }: { readonly target: string }) {
  const query = useQuery({
    queryKey: ["restore-points"],
    refetchInterval: REFRESH_MS,
    queryFn: ({ signal }) => dataOf(api.GET("/api/backup/restore-points", { signal })),
  });
  return (
    <section className={`${pageStyles.card} ${styles.wide}`} aria-label="Restore points">
      <h2>Restore points</h2>
      <Loaded query={query} lines={10}>
        {(points) => <Timeline {...{ points, target }} />}
      </Loaded>
    </section>
  );
}

type TimelineProps = { readonly points: RestorePoints; readonly target: string };

function Timeline({ points, target }: TimelineProps) {
  const { oldest, newest, snapshots, bytes, warnings, orphans, schemaCopies } = points;
  const [oldestMs, newestMs] = [Date.parse(oldest), Date.parse(newest)];
  const [chosenMs, setChosenMs] = useState<number>();
  const mayChange = useMayChange();
  const atMs = Math.min(newestMs, Math.max(oldestMs, chosenMs ?? newestMs));
  const at = new Date(atMs).toISOString();
  const query = chosenMs === undefined ? "" : `?at=${encodeURIComponent(at)}`;
  const shareOf = (time: string) => (Date.parse(time) - oldestMs) / Math.max(1, newestMs - oldestMs);
  return (
    <>
      <p>
        You can restore any time from <ExactTime iso={oldest} /> to <ExactTime iso={newest} />. The backup takes{" "}
        {bytesText(bytes)}. {snapshots.length === 1 ? "The snapshot is" : `${snapshots.length} snapshots are`} marked.
      </p>
      {warnings.map((warning) => (
        <p key={warning}>{warning}</p>
      ))}
      <div className={styles.timeline}>
        <div className={styles.marks} aria-hidden="true">
          {snapshots.map(({ time }) => (
            <span key={time} className={styles.mark} style={{ insetInlineStart: `${100 * shareOf(time)}%` }} />
          ))}
        </div>
        <input
          type="range"
          aria-label="Point in time"
          aria-valuetext={spanText(new Date(atMs))}
          min={oldestMs}
          max={newestMs}
          step={Math.max(1, Math.round((newestMs - oldestMs) / STEPS))}
          value={atMs}
          onChange={({ target: { value } }) => setChosenMs(Number(value))}
        />
      </div>
      <div className={styles.choice}>
        <Field label="Time (of this browser's zone)">
          <Input
            type="datetime-local"
            step={1}
            min={localText(oldestMs)}
            max={localText(newestMs)}
            value={localText(atMs)}
            onChange={(_event, { value }) => {
              const ms = Date.parse(value);
              if (!Number.isNaN(ms)) setChosenMs(ms);
            }}
          />
        </Field>
        {mayChange && (
          <Button as="a" href={`/api/backup/database${query}`} download icon={<ArrowDownloadRegular />}>
            {chosenMs === undefined ? "Download the latest database" : "Download this database"}
          </Button>
        )}
      </div>
      {mayChange && (
        <p className={pageStyles.soft}>
          The file contains all data, and the hashes of all secrets. Each download is recorded.
        </p>
      )}
      <CopyField
        label="Command that restores this time into a file"
        text={`scimtool restore --from ${shellWord(target)} --at ${at} --to restored.db`}
      />
      <Keys heading="Copies from before a schema change" keys={schemaCopies} option="--copy" />
      <Keys heading="Changes that a replaced primary could not send" keys={orphans} option="--orphan" />
    </>
  );
}

type KeysProps = { readonly heading: string; readonly keys: readonly string[]; readonly option: string };

function Keys({ heading, keys, option }: KeysProps) {
  if (keys.length === 0) return null;
  return (
    <div>
      <h3>{heading}</h3>
      <ul>
        {keys.map((key) => (
          <li key={key}>
            <code>{`${option} ${key}`}</code>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** As an input for date and time has it, in the browser's zone. */
function localText(ms: number): string {
  const moment = new Date(ms);
  return new Date(ms - moment.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

/** For a POSIX shell. */
function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
