import { ScimError } from "./error.ts";

/**
 * Runs a step of reading or doing something; a refusal then says where it came from, unless it does already.
 * @param where `Operations[2]`, an attribute's path
 */
export function within<T>(where: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (!(error instanceof ScimError) || isAt(where, error.detail)) throw error;
    throw new ScimError(error.status, `${where}: ${error.detail}`, {
      ...(error.scimType === undefined ? {} : { scimType: error.scimType }),
      headers: { ...error.headers },
      cause: error,
    });
  }
}

/** Whether a detail begins with this place or one below it: `emails.type: …` is at `emails`. */
function isAt(where: string, detail: string): boolean {
  return detail.startsWith(where) && ":.[ ".includes(detail.charAt(where.length));
}
