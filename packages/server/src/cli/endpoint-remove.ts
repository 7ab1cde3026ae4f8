import { askServer, tellServer } from "./ask-server.ts";
import { runCommand } from "./command.ts";
import { askForEndpoint, pathOf, resourcesText } from "./endpoint-answer.ts";
import { confirmName } from "./endpoint-confirm.ts";
import type { AskingOptions } from "./server-options.ts";
import { count } from "./text.ts";

export type EndpointRemoveOptions = AskingOptions & { readonly confirm?: string };

/** `scimtool endpoint empty`: removes every resource of an endpoint. */
export function endpointEmpty(name: string, { json, confirm, ...server }: EndpointRemoveOptions): Promise<void> {
  return runCommand("scimtool endpoint empty", async (interruption) => {
    const holds = resourcesText(await askForEndpoint({ ...server, interruption }, name));
    await confirmName(name, confirm, `This removes what "${name}" holds for good: ${holds}.`, interruption);
    const path = `${pathOf(name)}/empty`;
    const answer = await askServer<{ removed: number }>({ ...server, interruption }, "POST", path, "removed", {
      confirm: name,
    });
    console.log(json === true ? JSON.stringify(answer) : `Removed ${count(answer.removed, "resource")} of "${name}".`);
  });
}

/** `scimtool endpoint delete`: deletes an endpoint with everything it has. */
export function endpointDelete(name: string, { json, confirm, ...server }: EndpointRemoveOptions): Promise<void> {
  return runCommand("scimtool endpoint delete", async (interruption) => {
    const holds = resourcesText(await askForEndpoint({ ...server, interruption }, name));
    const warning = `This deletes "${name}" for good, with its credentials and what it holds: ${holds}.`;
    await confirmName(name, confirm, warning, interruption);
    await tellServer({ ...server, interruption }, "DELETE", pathOf(name), { confirm: name });
    console.log(json === true ? JSON.stringify({ deleted: name }) : `Deleted the endpoint "${name}".`);
  });
}
