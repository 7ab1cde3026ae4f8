import { ContentFailed } from "../content.ts";
import { TargetError, type TargetFault } from "../target.ts";

/** What requests are signed with; says what to do when they are refused. */
export type CredentialKind = "sas" | "key" | "identity";

/** An answer did not come in time. */
export class TimedOut extends Error {
  override readonly name = "TimedOut";

  constructor(limitMs: number) {
    super(`There was no answer within ${limitMs / 1000} s.`);
  }
}

/** What the container's service refused a request with. Codes are those of "Blob service error codes" (Azure REST reference). */
export type Refusal = { readonly status: number; readonly code: string };

/** @returns undefined when there was no answer at all, and nothing but one that refuses is meant */
export function refusalOf(error: unknown): Refusal | undefined {
  const { statusCode, code, response } = error as {
    statusCode?: number;
    code?: string;
    response?: { headers?: { get(name: string): string | undefined } };
  };
  if (statusCode === undefined) return undefined;
  // The answer to a HEAD has no body, where the SDK looks for the code.
  return { status: statusCode, code: response?.headers?.get("x-ms-error-code") ?? code ?? "" };
}

/** Whether a conditional creation was refused because there is such a blob. */
export function meansExists(error: unknown): boolean {
  const refusal = refusalOf(error);
  // The last one: a SAS that may create and not write, used on a blob that is there.
  return ["BlobAlreadyExists", "ConditionNotMet", "UnauthorizedBlobOverwrite"].includes(refusal?.code ?? "");
}

export function meansContainerMissing(error: unknown): boolean {
  return refusalOf(error)?.code === "ContainerNotFound";
}

export function meansDenied(error: unknown): boolean {
  return [401, 403].includes(refusalOf(error)?.status ?? 0);
}

export function meansBlobMissing(error: unknown): boolean {
  const refusal = refusalOf(error);
  return refusal?.status === 404 && ["BlobNotFound", "ContainerNotFound"].includes(refusal.code);
}

/** Runs an operation on the container; what its service refuses, and silence, become TargetErrors that say what to do. */
export async function told<T>(key: string, credential: CredentialKind, attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    if (error instanceof ContentFailed) throw error.cause;
    if (error instanceof TargetError || error instanceof TypeError || error instanceof RangeError) throw error;
    const [fault, what] = explain(error, credential);
    throw new TargetError(fault, `${key}: ${what}${said(error)}`, error);
  }
}

const PERMISSION: Readonly<Record<CredentialKind, string>> = {
  sas: "Make a SAS for the container with the permissions to read, create, write, delete and list (rcwdl) that has not expired",
  key: "Look whether the key in AZURE_STORAGE_CONNECTION_STRING is current, and whether the account allows access by key",
  identity:
    'Give the identity the role "Storage Blob Data Contributor" on the container or the account (it takes minutes to work)',
};
const NO_SIGN_IN =
  "no identity could be signed in with. Give the app a managed identity (and AZURE_CLIENT_ID when it is user-assigned), sign in with the Azure CLI, or use a SAS or AZURE_STORAGE_CONNECTION_STRING";
/** How the classes of @azure/identity that mean this begin: AuthenticationError, CredentialUnavailableError, ... */
const SIGN_IN_FAILED = /^(Aggregate)?(Authentication|CredentialUnavailable)/;

function explain(error: unknown, credential: CredentialKind): readonly [TargetFault, string] {
  const refusal = refusalOf(error);
  if (refusal === undefined || SIGN_IN_FAILED.test((error as Error).name)) {
    if (SIGN_IN_FAILED.test((error as Error).name)) return ["denied", NO_SIGN_IN];
    return (error as { code?: string }).code === "ENOTFOUND"
      ? ["unreachable", "the account's host is not known. Look at the account's name and at the network's DNS"]
      : [
          "unreachable",
          "the storage account did not answer as it should. Look at the network, its rules, and the address",
        ];
  }
  const { status, code } = refusal;
  if (status === 507 || /Quota|Capacity|LimitExceeded/i.test(code)) {
    return ["full", "the storage account has no room left. Remove something, or raise its limit"];
  }
  if (code === "ContainerNotFound") {
    return ["missing", "the container is not there, and may not be made with this access. Make it, or name another"];
  }
  if (/Immutable|LegalHold|LeaseId|ReadOnly|WriteOperationNotAllowed/i.test(code)) {
    return ["read-only", "the blob must not be changed. Lift the lease, the immutability policy or the legal hold"];
  }
  if (["AuthorizationFailure", "AuthorizationSourceIPMismatch"].includes(code)) {
    return ["denied", `the account refuses this. Let its network rules admit this address. ${PERMISSION[credential]}`];
  }
  if (status === 401 || status === 403 || code === "PublicAccessNotPermitted") {
    return ["denied", `the account refuses this. ${PERMISSION[credential]}`];
  }
  return ["unreachable", "the storage account could not do this now. Try again"];
}

/** The service's own words as a bracket; no address, for it may hold a SAS. */
function said(error: unknown): string {
  const refusal = refusalOf(error);
  if (refusal !== undefined) return ` (${`${refusal.status} ${refusal.code}`.trim()}).`;
  const firstLine = (error as Error).message.split("\n", 1)[0] ?? "";
  return ` (${firstLine.replaceAll(/\?\S+/g, "?...").slice(0, 300)}).`;
}
