const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-([0-9a-f]{12})$/;

/** The number by which tables refer to a resource: the last 48 bits of its id. undefined for an id of another form. */
export function resourceKeyIn(id: string): number | undefined {
  const digits = UUID.exec(id)?.[1];
  return digits === undefined ? undefined : Number.parseInt(digits, 16);
}
