/** The entity tag of a revision (RFC 7644 §3.14). It is weak because the order of members in the JSON text may vary. */
export function entityTag(revision: number): string {
  return `W/"${revision}"`;
}

/**
 * Whether an `If-Match` or `If-None-Match` header matches the tag: `*`, or a list with a tag that is equal by weak
 * comparison (RFC 9110 §8.8.3.2). Quotes are optional.
 */
export function matchesEntityTag(header: string, tag: string): boolean {
  if (header.trim() === "*") return true;
  const wanted = opaque(tag);
  return header.split(",").some((candidate) => opaque(candidate) === wanted);
}

function opaque(tag: string): string {
  return tag
    .trim()
    .replace(/^W\//i, "")
    .replace(/^"(.*)"$/, "$1");
}
