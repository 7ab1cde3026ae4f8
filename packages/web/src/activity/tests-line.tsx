import { PlugConnected16Regular } from "@fluentui/react-icons/svg/plug-connected";
import { useQuery } from "@tanstack/react-query";
import { testsQuery } from "../api/queries.ts";
import { clockText, dayOf } from "../shared/time.tsx";
import styles from "./tests-line.module.css";

/** Connection tests of today, one sentence for each client: they repeat all day and would hide everything else. */
export function TestsLine({ endpoint }: { readonly endpoint: string | undefined }) {
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
