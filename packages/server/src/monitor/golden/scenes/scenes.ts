import { IDENTITY_SCENES } from "./identity.ts";
import { LOSS_SCENES } from "./loss.ts";
import { NAME_SCENES } from "./name.ts";
import { QUERY_SCENES } from "./query.ts";
import { REFERENCE_SCENES } from "./reference.ts";
import { REPETITION_SCENES } from "./repetition.ts";
import { REQUEST_SCENES } from "./request.ts";
import type { Scene } from "./scene.ts";

/** Requests that succeed or fail in a way that an administrator must know: at least one scene for every kind of finding. */
export const SCENES: readonly Scene[] = [
  ...LOSS_SCENES,
  ...IDENTITY_SCENES,
  ...REFERENCE_SCENES,
  ...NAME_SCENES,
  ...REPETITION_SCENES,
  ...QUERY_SCENES,
  ...REQUEST_SCENES,
];
