import { useQuery } from "@tanstack/react-query";
import { api, dataOf, sessionChanges, whenSessionEnds } from "../api/client.ts";
import { queryClient, sessionQuery } from "../api/queries.ts";

let signOutReason: string | undefined;

whenSessionEnds(() => endSession("You were signed out. Sign in again to continue."));

/** Why the sign-in form is shown to somebody who did not ask for it. */
export function reasonOfSignOut(): string | undefined {
  return signOutReason;
}

/** Whether the user may change something. */
export function useMayChange(): boolean {
  return useQuery(sessionQuery).data?.role === "admin";
}

/**
 * Starts a session and checks that the browser keeps it.
 * @throws Problem
 */
export async function signIn(secret: string): Promise<"signed in" | "not kept"> {
  await dataOf(api.POST("/api/session", { body: { secret } }));
  sessionChanges();
  signOutReason = undefined;
  const session = await queryClient.fetchQuery({ ...sessionQuery, staleTime: 0 });
  return session === null ? "not kept" : "signed in";
}

/** @throws Problem */
export async function signOut(): Promise<void> {
  // Before the request: answers that are still on their way may be refused sooner than this one is answered.
  sessionChanges();
  await api.DELETE("/api/session");
  endSession(undefined);
}

function endSession(reason: string | undefined): void {
  signOutReason = reason;
  queryClient.setQueryData(sessionQuery.queryKey, null);
  // Nothing of this session is shown to whoever signs in next.
  queryClient.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionQuery.queryKey[0] });
}
