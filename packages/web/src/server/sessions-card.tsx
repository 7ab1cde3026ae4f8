import { Button } from "@fluentui/react-components";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf } from "../api/client.ts";
import { queryClient } from "../api/queries.ts";
import type { AdministratorSession } from "../api/types.ts";
import { useMayChange } from "../session/session.ts";
import { ConfirmDialog } from "../shared/confirm-dialog.tsx";
import { Loaded } from "../shared/loaded.tsx";
import styles from "../shared/page.module.css";
import { Ago, ExactTime } from "../shared/time.tsx";
import { useToast } from "../shared/toast.tsx";

const sessionsQuery = queryOptions({
  queryKey: ["sessions"],
  refetchInterval: 30_000,
  queryFn: async ({ signal }) => (await dataOf(api.GET("/api/sessions", { signal }))).sessions,
});

/** The browsers that are signed in. */
export function SessionsCard() {
  const query = useQuery(sessionsQuery);
  const mayChange = useMayChange();
  const [ending, setEnding] = useState<AdministratorSession>();
  const { say } = useToast();
  const end = async (key: number) => {
    await api.DELETE("/api/sessions/{key}", { params: { path: { key } } });
    await queryClient.invalidateQueries({ queryKey: sessionsQuery.queryKey });
    say("The session was ended");
  };
  return (
    <section className={styles.card} aria-label="Sessions">
      <h2>Sessions</h2>
      <Loaded query={query} lines={2}>
        {(sessions) =>
          sessions.map((session) => {
            const { key, role, started, expires, isOwn } = session;
            return (
              <div key={key} className={styles.head}>
                <div>
                  <div>
                    {role === "admin" ? "Administrator" : "Viewer"}
                    {isOwn && " (you)"}
                  </div>
                  <div className={styles.soft}>
                    Signed in <Ago iso={started} />
                    {expires !== null && (
                      <>
                        , until <ExactTime iso={expires} />
                      </>
                    )}
                  </div>
                </div>
                {mayChange && !isOwn && (
                  <Button size="small" aria-label={`End the session ${key}`} onClick={() => setEnding(session)}>
                    End
                  </Button>
                )}
              </div>
            );
          })
        }
      </Loaded>
      {ending !== undefined && (
        <ConfirmDialog
          title="End this session?"
          action="End"
          onConfirm={() => end(ending.key)}
          onClose={() => setEnding(undefined)}
        >
          The browser that signed in <Ago iso={ending.started} /> must sign in again.
        </ConfirmDialog>
      )}
    </section>
  );
}
