/** Host, port and database of a `postgres://` URL, for display. */
export function databaseName(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}
