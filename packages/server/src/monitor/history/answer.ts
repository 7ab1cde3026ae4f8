import { listResponseText, ScimError } from "@scimtool/scim";
import type { ServedEndpoint } from "../../endpoint/served-endpoint.ts";
import type { RecordedExchange } from "../../store/exchange.ts";
import type { Store } from "../../store/store.ts";
import { readState } from "./state.ts";

/**
 * What a read was answered, which no record keeps, told anew by the history: the version that it had. The text is not
 * the same: order, `meta` and derived attributes may differ.
 * @returns undefined where the answer is kept, or the version is not any more
 */
export async function answerByHistory(
  store: Store,
  endpoint: Pick<ServedEndpoint, "key" | "models">,
  { details, response, resources, sentences }: RecordedExchange,
): Promise<string | undefined> {
  const { revision } = details;
  const [only] = resources;
  if (response.body.length > 0 || typeof revision !== "number" || only === undefined) return undefined;
  try {
    const { resource } = await readState(store, endpoint, only.id, { revision });
    if (resource === undefined) return undefined;
    const text = JSON.stringify(resource);
    return sentences[0]?.kind === "read.found" ? text : listResponseText(1, 1, [text]);
  } catch (error) {
    if (error instanceof ScimError && error.status === 404) return undefined;
    throw error;
  }
}
