const time = (column: string) =>
  `strftime('%Y-%m-%dT%H:%M:%S', ${column} / 1000, 'unixepoch') || printf('.%03dZ', ${column} % 1000)`;

/** `meta` in the bodies of resources, as `withMeta` puts it there. */
export const RESOURCE_META = `
-- Who is no more than a member of groups, and has no type, has no meta either.
UPDATE resource SET body =
  substr(body, 1, length(body) - 1)
  || ',"meta":{"resourceType":"' || type
  || '","created":"' || ${time("created_ms")}
  || '","lastModified":"' || ${time("modified_ms")}
  || '","version":"W/\\"' || revision
  || '\\"","location":"' || id || '"}}'
WHERE type <> '';
`;
