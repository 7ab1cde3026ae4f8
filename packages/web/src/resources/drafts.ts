export type Draft = { readonly text: string; readonly version: string | undefined };

/** Unsaved edits, also of an editor that went away with its view or with the session. */
const drafts = new Map<string, Draft>();

export function draftOf(key: string): Draft | undefined {
  return drafts.get(key);
}

export function keepDraft(key: string, draft: Draft): void {
  drafts.set(key, draft);
}

export function discardDraft(key: string): void {
  drafts.delete(key);
}

// They would be lost with the document: the browser asks.
addEventListener("beforeunload", (event) => {
  if (drafts.size > 0) event.preventDefault();
});
