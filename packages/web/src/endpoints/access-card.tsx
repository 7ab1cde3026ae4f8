import { Button } from "@fluentui/react-components";
import { AddRegular } from "@fluentui/react-icons/svg/add";
import type { UseQueryResult } from "@tanstack/react-query";
import { type ReactNode, Suspense, useState } from "react";
import { useMayChange } from "../session/session.ts";
import { Loaded } from "../shared/loaded.tsx";
import pageStyles from "../shared/page.module.css";
import { Table } from "../shared/table.tsx";
import styles from "./endpoints.module.css";

type Dialog<Entry> = (entry: Entry, onClose: () => void) => ReactNode;

type AccessCardProps<Entry> = {
  readonly label: string;
  readonly intro?: string;
  readonly query: UseQueryResult<readonly Entry[]>;
  /** In place of an empty table. */
  readonly none: string;
  readonly columns: readonly string[];
  readonly cellsOf: (entry: Entry) => ReactNode;
  /** On the button that adds an entry. */
  readonly add: string;
  readonly addDialog: (onClose: () => void) => ReactNode;
  /** What can be done with an entry, by the text on the button. */
  readonly actions: Readonly<Record<string, Dialog<Entry>>>;
};

/** Lists who may use an endpoint, with dialogs to add, change and remove entries. */
export function AccessCard<Entry extends { readonly key: number; readonly label: string }>(
  props: AccessCardProps<Entry>,
) {
  const { label, intro, query, none, columns, cellsOf, add, addDialog, actions } = props;
  const mayChange = useMayChange();
  const [dialog, setDialog] = useState<ReactNode>();
  const close = () => setDialog(undefined);
  return (
    <section className={pageStyles.card} aria-label={label}>
      {intro !== undefined && <p>{intro}</p>}
      {mayChange && (
        <div>
          <Button appearance="primary" icon={<AddRegular />} onClick={() => setDialog(addDialog(close))}>
            {add}
          </Button>
        </div>
      )}
      <Loaded query={query} lines={3}>
        {(entries) =>
          entries.length === 0 ? (
            <p>{none}</p>
          ) : (
            <Table columns={mayChange ? [...columns, "Actions"] : columns} isShort>
              {entries.map((entry) => (
                <tr key={entry.key}>
                  {cellsOf(entry)}
                  {mayChange && (
                    <td className={styles.actions}>
                      {Object.entries(actions).map(([action, dialogOf]) => (
                        <Button
                          key={action}
                          size="small"
                          aria-label={`${action} ${entry.label}`}
                          onClick={() => setDialog(dialogOf(entry, close))}
                        >
                          {action}
                        </Button>
                      ))}
                    </td>
                  )}
                </tr>
              ))}
            </Table>
          )
        }
      </Loaded>
      <Suspense fallback={null}>{dialog}</Suspense>
    </section>
  );
}
