import { yieldToEventLoop } from "../../event-loop.ts";

/** How long something that goes on may hold the event loop at a time. */
const SLICE_MS = 8;

/** Makes a function that lets others have their turn when this one has lasted long enough. */
export function givingWay(): () => Promise<void> {
  let sliceEndMs = performance.now() + SLICE_MS;
  return async () => {
    if (performance.now() < sliceEndMs) return;
    await yieldToEventLoop();
    sliceEndMs = performance.now() + SLICE_MS;
  };
}
