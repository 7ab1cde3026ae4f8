/** Requests during retention. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";

export type RequestsPlan = { readonly port: number; readonly secret: string; readonly clients: number };

export type Requests = {
  /** Durations of requests since the last call, in milliseconds. */
  readonly take: () => Promise<number[]>;
  readonly end: () => Promise<void>;
};

export function sendRequests(plan: RequestsPlan): Requests {
  const thread = new Worker(new URL("./requests-thread.ts", import.meta.url), { workerData: plan });
  let failure: Error | undefined;
  thread.on("error", (error) => {
    failure = error as Error;
  });
  const ask = async (message: "take" | "end"): Promise<number[]> => {
    if (failure !== undefined) throw failure;
    const answered = once(thread, "message");
    thread.postMessage(message);
    const [timesMs] = (await answered) as [number[]];
    return timesMs;
  };
  return {
    take: () => ask("take"),
    end: async () => {
      await ask("end");
      await thread.terminate();
    },
  };
}
