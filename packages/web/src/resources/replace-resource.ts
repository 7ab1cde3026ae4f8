import { api } from "../api/client.ts";
import type { JsonObject } from "../api/types.ts";

type Replacement = {
  readonly endpoint: string;
  readonly type: string;
  readonly id: string;
  readonly text: string;
  /** Entity tag; undefined replaces any version. */
  readonly version: string | undefined;
};

/**
 * Sends the text as it is: the server refuses repeated names and numbers that it cannot store.
 * @throws Problem; Error if the text is not JSON
 */
export async function replaceResource({ endpoint, type, id, text, version }: Replacement): Promise<void> {
  try {
    JSON.parse(text);
  } catch (error) {
    throw new Error(`This is not valid JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  await api.PUT("/api/endpoints/{endpoint}/scim/v2/{type}/{id}", {
    params: { path: { endpoint, type, id }, ...(version !== undefined && { header: { "If-Match": version } }) },
    body: text as unknown as JsonObject,
    bodySerializer: () => text,
    headers: { "content-type": "application/scim+json" },
  });
}
