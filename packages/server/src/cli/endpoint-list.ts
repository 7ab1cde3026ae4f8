import { askServer } from "./ask-server.ts";
import { runCommand } from "./command.ts";
import { type EndpointAnswer, resourcesText } from "./endpoint-answer.ts";
import type { AskingOptions } from "./server-options.ts";
import { table } from "./table.ts";

type List = { readonly endpoints: readonly EndpointAnswer[] };

/** `scimtool endpoint list`: lists the endpoints of a running server. */
export function endpointList({ json, ...server }: AskingOptions): Promise<void> {
  return runCommand("scimtool endpoint list", async (interruption) => {
    const { endpoints } = await askServer<List>({ ...server, interruption }, "GET", "/api/endpoints", "endpoints");
    if (json === true) {
      console.log(JSON.stringify(endpoints));
      return;
    }
    const rows = endpoints.map((endpoint) => [
      endpoint.name,
      endpoint.baseUrl,
      endpoint.inForce.profile,
      resourcesText(endpoint),
    ]);
    console.log(table(["Name", "SCIM base URL", "Profile", "Holds"], rows));
  });
}
