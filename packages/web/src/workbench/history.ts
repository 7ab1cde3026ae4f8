import { useState } from "react";

const KEY = "scimtool.workbench";
const MAX_ENTRIES = 30;

/** A request that was sent. Headers and body are read from the recorded exchange, in which there are no secrets. */
export type Sent = {
  readonly exchange: number;
  readonly atMs: number;
  readonly method: string;
  readonly path: string;
  readonly status: number;
};

function read(): readonly Sent[] {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "[]") as readonly Sent[];
  } catch {
    return [];
  }
}

/** Requests that were sent from this browser, the newest first. */
export function useHistory() {
  const [entries, setEntries] = useState(read);
  const keep = (next: readonly Sent[]) => {
    localStorage.setItem(KEY, JSON.stringify(next));
    setEntries(next);
  };
  return { entries, add: (sent: Sent) => keep([sent, ...read()].slice(0, MAX_ENTRIES)), clear: () => keep([]) };
}
