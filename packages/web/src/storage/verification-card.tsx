import { Button, MessageBar, MessageBarBody, MessageBarTitle, ProgressBar } from "@fluentui/react-components";
import { ShieldCheckmarkRegular } from "@fluentui/react-icons/svg/shield-checkmark";
import { queryOptions, useMutation, useQuery } from "@tanstack/react-query";
import { api, dataOf } from "../api/client.ts";
import { queryClient } from "../api/queries.ts";
import type { Verification } from "../api/types.ts";
import { useMayChange } from "../session/session.ts";
import { bytesText } from "../shared/bytes.ts";
import { Loaded } from "../shared/loaded.tsx";
import styles from "../shared/page.module.css";
import { Ago, ExactTime } from "../shared/time.tsx";
import { lengthText } from "../shared/time-text.ts";
import { useToast } from "../shared/toast.tsx";

/** While it runs. */
const REFRESH_MS = 1_000;

const verificationQuery = queryOptions({
  queryKey: ["verification"],
  queryFn: async ({ signal }): Promise<Verification | null> =>
    (await dataOf(api.GET("/api/backup/verification", { signal }))).verification,
  refetchInterval: ({ state }) => (state.data?.state === "running" ? REFRESH_MS : false),
});

/** Proves that the backup can be restored, by restoring it. */
export function VerificationCard() {
  const query = useQuery(verificationQuery);
  const mayChange = useMayChange();
  const { sayProblem } = useToast();
  const start = useMutation({
    mutationFn: () => dataOf(api.POST("/api/backup/verification")),
    onSuccess: (started) => queryClient.setQueryData(verificationQuery.queryKey, started),
    onError: sayProblem,
  });
  const isRunning = start.isPending || query.data?.state === "running";
  return (
    <section className={styles.card} aria-label="Last verified restore">
      <h2>Last verified restore</h2>
      <Loaded query={query} lines={1}>
        {(verification) =>
          verification === null ? (
            <p>Nobody has verified the backup since the server started.</p>
          ) : (
            <VerificationResult verification={verification} />
          )
        }
      </Loaded>
      {mayChange && (
        <div>
          <Button
            icon={<ShieldCheckmarkRegular />}
            disabledFocusable={isRunning}
            onClick={() => !isRunning && start.mutate()}
          >
            {isRunning ? "Verifying…" : "Verify now"}
          </Button>
        </div>
      )}
      <p className={styles.soft}>
        This restores the latest state into a temporary file, checks every page and index, and removes it again.
      </p>
    </section>
  );
}

function VerificationResult({ verification }: { readonly verification: Verification }) {
  const { state, started, doneBytes, totalBytes, restored, objects, bytes, durationMs, warnings, detail } =
    verification;
  if (state === "running") {
    return (
      <ProgressBar
        aria-label="Verification"
        {...((totalBytes ?? 0) > 0 && { value: (doneBytes ?? 0) / (totalBytes ?? 1) })}
      />
    );
  }
  return (
    <MessageBar intent={state === "failed" ? "error" : warnings.length > 0 ? "warning" : "success"} layout="multiline">
      <MessageBarBody>
        <MessageBarTitle>
          {state === "ok" ? "The backup can be restored" : "The backup could not be restored"}
        </MessageBarTitle>
        {detail !== null && <p>{detail}</p>}
        {restored !== null && (
          <p>
            Restored the state of <ExactTime iso={restored} /> from {objects} objects ({bytesText(bytes ?? 0)}) in{" "}
            {lengthText(durationMs ?? 0)}.
          </p>
        )}
        {warnings.map((warning) => (
          <p key={warning}>{warning}</p>
        ))}
        <p>
          Started <Ago iso={started} />.
        </p>
      </MessageBarBody>
    </MessageBar>
  );
}
