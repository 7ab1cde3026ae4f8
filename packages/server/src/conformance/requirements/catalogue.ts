import type { Section } from "./requirement.ts";
import { ATTRIBUTES } from "./rfc7643-2.ts";
import { RESOURCES } from "./rfc7643-3.ts";
import { SCHEMAS } from "./rfc7643-5.ts";
import { AUTHENTICATION } from "./rfc7644-2.ts";
import { MESSAGES, QUERIES } from "./rfc7644-3.ts";
import { MODIFICATIONS } from "./rfc7644-3-5.ts";
import { BULK } from "./rfc7644-3-7.ts";
import { CONVENTIONS } from "./rfc7644-3-8.ts";
import { DISCOVERY, SECURITY } from "./rfc7644-4.ts";
import { CURSORS } from "./rfc9865.ts";

/** What the RFCs ask for, section by section: RFC 7644 and RFC 9865 whole, of RFC 7643 what is about attributes. */
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
