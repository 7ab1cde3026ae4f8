/**
 * Preloaded into a server under test (`node --import`): reports the process's CPU time and memory over the IPC channel.
 * All threads count; children of the server do not.
 */
import { isMainThread } from "node:worker_threads";

export type ProbeQuestion = "usage";
export type ProbeAnswer = { cpuMicroseconds: number; residentBytes: number };

if (isMainThread && process.send !== undefined) {
  process.on("message", (question: ProbeQuestion) => {
    if (question !== "usage") return;
    const { user, system } = process.cpuUsage();
    const answer: ProbeAnswer = { cpuMicroseconds: user + system, residentBytes: process.memoryUsage.rss() };
    process.send?.(answer);
  });
  // The channel must neither keep a stopping server alive nor let it outlive the benchmark.
  process.channel?.unref();
  process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
}
