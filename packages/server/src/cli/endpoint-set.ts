import { CommandRefused, runCommand } from "./command.ts";
import { changeEndpoint } from "./endpoint-answer.ts";
import { settingsOf } from "./endpoint-settings.ts";
import { endpointText } from "./endpoint-show.ts";
import type { AskingOptions } from "./server-options.ts";

export type EndpointSetOptions = AskingOptions & { readonly settings?: string };

/** `scimtool endpoint set`: changes settings, which count at once. */
export function endpointSet(name: string, assignments: readonly string[], options: EndpointSetOptions): Promise<void> {
  const { json, settings: file, ...server } = options;
  return runCommand("scimtool endpoint set", async (interruption) => {
    if (assignments.length === 0 && file === undefined) {
      throw new CommandRefused(
        `what is to be set? Give key=value or --settings <file>; scimtool endpoint show ${name} lists the keys.`,
      );
    }
    const endpoint = await changeEndpoint({ ...server, interruption }, name, {
      settings: settingsOf(assignments, file),
    });
    console.log(json === true ? JSON.stringify(endpoint) : endpointText(endpoint));
  });
}

/** `scimtool endpoint rename`: the base URL changes with the name. */
export function endpointRename(name: string, newName: string, { json, ...server }: AskingOptions): Promise<void> {
  return runCommand("scimtool endpoint rename", async (interruption) => {
    const endpoint = await changeEndpoint({ ...server, interruption }, name, { name: newName });
    console.log(
      json === true
        ? JSON.stringify(endpoint)
        : `Renamed "${name}" to "${newName}". Enter its new base URL at the identity provider: ${endpoint.baseUrl}`,
    );
  });
}
