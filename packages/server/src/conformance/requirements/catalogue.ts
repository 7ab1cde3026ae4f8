import type { Section } from "./requirement.ts";
import { ATTRIBUTES, RESOURCES, SCHEMAS } from "./rfc7643.ts";
import { AUTHENTICATION, MESSAGES, MODIFICATIONS, QUERIES } from "./rfc7644-2-to-3-6.ts";
import { BULK, CONVENTIONS, DISCOVERY, SECURITY } from "./rfc7644-3-7-to-7.ts";
import { CURSORS } from "./rfc9865.ts";

/** The requirements by section: all of RFC 7644 and RFC 9865, and those of RFC 7643 about attributes. */
export const CATALOGUE: readonly Section[] = [
  ...AUTHENTICATION,
  ...MESSAGES,
  ...QUERIES,
  ...MODIFICATIONS,
  ...BULK,
  ...CONVENTIONS,
  ...DISCOVERY,
  ...SECURITY,
  ...ATTRIBUTES,
  ...RESOURCES,
  ...SCHEMAS,
  ...CURSORS,
];
