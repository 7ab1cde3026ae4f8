/** Runs one task in its own process: `child <name> <parameters as JSON>`. Ends without closing anything. */
import { type ChildEvent, runTask } from "./tasks/tasks.ts";

const [name = "", parameters = ""] = process.argv.slice(2);

function say(event: ChildEvent): Promise<void> {
  return new Promise((resolve) => process.send?.(event, () => resolve()));
}

process.once("disconnect", () => process.exit(1));
const result = await runTask(name, JSON.parse(parameters), () => void say({ event: "ready" }));
await say({ event: "result", result });
process.exit(0);
