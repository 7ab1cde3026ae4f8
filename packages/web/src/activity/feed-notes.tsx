import { PlugConnected16Regular } from "@fluentui/react-icons/svg/plug-connected";
import { useQuery } from "@tanstack/react-query";
import { testsQuery } from "../api/queries.ts";
import { clockText, dayOf } from "../shared/time-text.ts";
import styles from "./feed-notes.module.css";
import type { FeedState } from "./feed-store.ts";
import { type Filter, isFiltered, READS } from "./filter.ts";

type FeedNotesProps = {
  readonly state: FeedState;
  readonly filter: Filter;
  readonly onChange: (filter: Filter) => void;
  readonly onNewest: () => void;
};

/** What the feed leaves out, and how to see it. */
export function FeedNotes({ state: { readsLeftOut, around }, filter, onChange, onNewest }: FeedNotesProps) {
  const { show: _, ...others } = filter;
  return (
    <div className={styles.notes}>
      {around !== undefined && (
        <Note text="This is what happened around the open exchange." action="Show the newest" onAct={onNewest} />
      )}
      {filter.show === "findings" && (
        <Note
          text="Refused requests without a finding are among the failures."
          action="Show failures"
          onAct={() => onChange({ ...others, show: "failures" })}
        />
      )}
      {readsLeftOut > 0 && (
        <Note
          text={`${readsLeftOut.toLocaleString("en")} more ${readsLeftOut === 1 ? "line" : "lines"} of searches and reads.`}
          action="Show reads"
          onAct={() => onChange({ ...filter, kind: READS })}
        />
      )}
      {!isFiltered(filter) && around === undefined && <TestsLine endpoint={filter.endpoint} />}
    </div>
  );
}

type NoteProps = { readonly text: string; readonly action: string; readonly onAct: () => void };

function Note({ text, action, onAct }: NoteProps) {
  return (
    <p>
      {text}{" "}
      <button type="button" className={styles.action} onClick={onAct}>
        {action}
      </button>
    </p>
  );
}

/** Connection tests of today, one sentence for each client: they repeat all day and would hide everything else. */
function TestsLine({ endpoint }: { readonly endpoint: string | undefined }) {
  const { data: tests = [] } = useQuery(testsQuery(endpoint));
  if (tests.length === 0) return null;
  return (
    <ul className={styles.tests} aria-label="Connection tests">
      {tests.map(({ text, count, since, last, credential, dialect, endpoint: name }) => (
        <li key={`${name} ${credential} ${dialect}`} title={`Last test: ${new Date(last).toLocaleString("en-GB")}`}>
          <PlugConnected16Regular aria-hidden="true" />
          {localText(text, count, since)}
        </li>
      ))}
    </ul>
  );
}

/** The server counts hours in UTC; this shows the reader's time zone. */
function localText(text: string, count: number, since: string): string {
  const begin = text.replace(/ \([\d,]+ times since .*\)$/, "");
  const moment = new Date(since);
  const isToday = dayOf(moment) === dayOf(new Date());
  return count < 2 || !isToday ? text : `${begin} (${count.toLocaleString("en")} times since ${clockText(moment)})`;
}
