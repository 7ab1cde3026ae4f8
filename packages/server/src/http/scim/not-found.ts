import { ScimError } from "@scimtool/scim";
import type { ServedEndpoint } from "../../endpoint/served-endpoint.ts";
import { withoutOrigin } from "../../monitor/recorder/path.ts";

const DISCOVERY = ["/ServiceProviderConfig", "/ResourceTypes", "/Schemas"];

/** 404 for a path below a base URI where nothing is. */
export function nothingAt(url: string, endpoint: ServedEndpoint | null): ScimError {
  const path = withoutOrigin(url).replace(/\?.*$/s, "").slice(0, 200);
  const types = (endpoint?.models ?? []).map(({ type }) => type.endpoint);
  return new ScimError(
    404,
    `There is nothing at ${path}. Below the base URI there are ${[...types, ...DISCOVERY].join(", ")}.`,
  );
}
