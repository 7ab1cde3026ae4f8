import { badRequest } from "../message/error.ts";
import { abbreviate } from "../schema/value.ts";
import type { BulkPath } from "./operation.ts";
import { referredBulkId } from "./references.ts";

/**
 * Takes the path of a bulk operation apart (RFC 7644 §3.7): relative to the base URI, its first slash may be missing.
 * @throws ScimError 400 invalidPath
 */
export function readBulkPath(path: string): BulkPath {
  const [endpoint = "", id, ...more] = path.replace(/^\//, "").split("/");
  const isPath = endpoint !== "" && id !== "" && more.length === 0 && !/[?#\s]/.test(path);
  const decoded = isPath ? decode(id ?? "") : undefined;
  if (decoded === undefined) {
    throw badRequest(
      "invalidPath",
      { code: "invalidParameter", name: "path" },
      `path must be that of a resource type or of a resource, such as "/Users" or "/Users/2819c223", but it is ${JSON.stringify(abbreviate(path))}.`,
    );
  }
  if (decoded === "") return { endpoint: `/${endpoint}` };
  const bulkId = referredBulkId(decoded);
  return { endpoint: `/${endpoint}`, ...(bulkId === undefined ? { id: decoded } : { bulkId }) };
}

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
