import type { SummaryJson } from "../export/exchange-json.ts";

// Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). JSON has no line breaks.

export const EVENT_STREAM = "text/event-stream";

/** An exchange that was recorded. Its id is where the client goes on when it comes again. */
export function exchangeEvent(summary: SummaryJson): string {
  return `id: ${summary.position}\nevent: exchange\ndata: ${JSON.stringify(summary)}\n\n`;
}

/** The beginning: how long the client waits before it comes again, and where it goes on then. */
export function beginning(position: number, retryMs: number): string {
  return `retry: ${retryMs}\nid: ${position}\n\n`;
}

/** Keeps the connection in use. It moves on where the client would go on, past what its filter left out. */
export function heartbeat(position: number): string {
  return `:\nid: ${position}\n\n`;
}
