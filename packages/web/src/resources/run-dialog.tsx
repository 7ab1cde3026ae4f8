import { Button, ProgressBar } from "@fluentui/react-components";
import { ArrowDownloadRegular } from "@fluentui/react-icons/svg/arrow-download";
import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { DialogFrame } from "../shared/dialog-frame.tsx";
import { ErrorBar } from "../shared/error-bar.tsx";
import { shortText } from "../shared/short-text.ts";
import { invalidateResources } from "./invalidate.ts";
import styles from "./resource.module.css";
import { type Operation, type Outcome, runOperations } from "./run-operations.ts";

/** Failures shown; the file has all. */
const SHOWN = 50;

/** One operation, and what it concerns. */
export type Step = {
  readonly operation: Operation;
  readonly items: readonly Item[];
};

export type Item = {
  readonly name: string;
  /** Its row in the file of results. */
  readonly row: Readonly<Record<string, string>>;
};

type RunDialogProps = {
  readonly endpoint: string;
  readonly title: string;
  /** On the button. */
  readonly action: string;
  /** What would be done; undefined until that is known. */
  readonly steps: readonly Step[] | undefined;
  /** The preview. */
  readonly children: ReactNode;
  /** Of the file with failed rows, without extension. */
  readonly fileName: string;
  readonly onClose: () => void;
};

/** Shows what many operations would do, carries them out, and reports the result of each. */
export function RunDialog({ endpoint, title, action, steps, children, fileName, onClose }: RunDialogProps) {
  const [outcomes, setOutcomes] = useState<readonly Outcome[]>([]);
  const main = useRef<HTMLButtonElement>(null);
  const [stop, setStop] = useState<AbortController>();
  const run = useMutation({
    mutationFn: async () => {
      const controller = new AbortController();
      setStop(controller);
      const operations = (steps ?? []).map(({ operation }) => operation);
      await runOperations(endpoint, operations, { onProgress: setOutcomes, signal: controller.signal });
    },
    onSettled: invalidateResources,
  });
  const all = steps ?? [];
  const failed = all.flatMap(({ items }, index) => {
    const text = outcomes[index];
    return text === undefined ? [] : items.map((item) => ({ item, text }));
  });
  const done = all.slice(0, outcomes.length).reduce((sum, { items }) => sum + items.length, 0);
  const total = all.reduce((sum, { items }) => sum + items.length, 0);
  const isFinished = run.isSuccess || run.isError;
  // A dialog that loses the focus with its buttons is hidden from assistive technology.
  useEffect(() => {
    if (isFinished) main.current?.focus();
  }, [isFinished]);
  const leave = () => {
    stop?.abort();
    onClose();
  };
  return (
    <DialogFrame
      title={title}
      modalType="alert"
      isWide
      onClose={leave}
      actions={
        <>
          {failed.length > 0 && (
            <Button icon={<ArrowDownloadRegular />} onClick={() => void download(fileName, failed)}>
              Download failed rows
            </Button>
          )}
          {!isFinished && (
            <Button onClick={() => (run.isPending ? stop?.abort() : leave())}>
              {run.isPending ? "Stop" : "Cancel"}
            </Button>
          )}
          <Button
            ref={main}
            appearance="primary"
            disabledFocusable={run.isPending || (run.isIdle && total === 0)}
            onClick={() => (isFinished ? leave() : run.mutate())}
          >
            {isFinished ? "Close" : action}
          </Button>
        </>
      }
    >
      {run.isIdle && children}
      {!run.isIdle && (
        <>
          <ProgressBar aria-label="Progress" max={Math.max(1, total)} value={done} />
          <p role="status">
            {`${(done - failed.length).toLocaleString("en")} of ${total.toLocaleString("en")} done`}
            {failed.length > 0 && `, ${failed.length.toLocaleString("en")} failed`}
          </p>
        </>
      )}
      <ErrorBar error={run.error} />
      {failed.length > 0 && (
        <ul aria-label="Failed" className={styles.failed}>
          {failed.slice(0, SHOWN).map(({ item, text }, index) => (
            <li key={index}>
              <bdi>{shortText(item.name)}</bdi>: {text}
            </li>
          ))}
          {failed.length > SHOWN && <li>and {(failed.length - SHOWN).toLocaleString("en")} more</li>}
        </ul>
      )}
    </DialogFrame>
  );
}

/** Saves the failed rows as CSV, each with the reason. */
async function download(
  name: string,
  failed: readonly { readonly item: Item; readonly text: string }[],
): Promise<void> {
  const { unparse } = (await import("papaparse")).default;
  const text = unparse(failed.map(({ item, text: error }) => ({ ...item.row, error })));
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `${name}.csv`;
  link.click();
  URL.revokeObjectURL(url);
}
