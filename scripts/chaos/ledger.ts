/** How a change ended for the client: `unknown` if the answer did not arrive or says so. */
export type Ending = "acknowledged" | "refused" | "unknown";

/** What a client wrote about one user. Each of its changes begins after the previous one was answered. */
export type Entry = {
  readonly userName: string;
  id: string | undefined;
  creation: Ending;
  /** Endings of PATCH requests; the n-th sets `title` and `nickName` to n. */
  readonly patches: Ending[];
  /** Of adding it to the group; undefined if that was not tried. */
  membership: Ending | undefined;
};

/** What is in the database at the end. */
export type Found = {
  readonly users: readonly { readonly id: string; readonly [attribute: string]: unknown }[];
  readonly members: readonly string[];
  /** The number of users that the server keeps count of. */
  readonly population: number;
};

/** Every acknowledged change must be there once, refused ones must not, and no PATCH may be half applied. */
export function violationsOf(ledger: readonly Entry[], { users, members, population }: Found): string[] {
  const violations: string[] = [];
  const byName = Map.groupBy(users, ({ userName }) => String(userName));
  const memberCounts = new Map([...Map.groupBy(members, (id) => id)].map(([id, { length }]) => [id, length]));
  if (population !== users.length) violations.push(`${users.length} users, but the server counts ${population}`);
  for (const entry of ledger) {
    const { userName, creation, membership } = entry;
    const [user, ...others] = byName.get(userName) ?? [];
    byName.delete(userName);
    if (others.length > 0) violations.push(`${userName} exists ${others.length + 1} times`);
    if (isWrong(creation, user !== undefined)) violations.push(`${userName}: creation ${creation}, but ${seen(user)}`);
    if (user === undefined) continue;
    violations.push(...patchViolations(entry, user));
    const times = memberCounts.get(user.id) ?? 0;
    if (times > 1) violations.push(`${userName} is ${times} times a member`);
    if (isWrong(membership ?? "refused", times > 0)) {
      violations.push(`${userName}: membership ${membership ?? "never asked for"}, but ${times} found`);
    }
  }
  for (const userName of byName.keys()) violations.push(`${userName} was never created`);
  return violations;
}

function isWrong(ending: Ending, isThere: boolean): boolean {
  return ending === "acknowledged" ? !isThere : ending === "refused" && isThere;
}

function seen(user: unknown): string {
  return user === undefined ? "it does not exist" : "it exists";
}

function patchViolations({ userName, patches }: Entry, user: Found["users"][number]): string[] {
  const { title, nickName } = user;
  if (title !== nickName) return [`${userName}: half applied: title ${title}, nickName ${nickName}`];
  const value = Number(title ?? 0);
  const last = patches.lastIndexOf("acknowledged") + 1;
  const violations: string[] = [];
  if (value < last) violations.push(`${userName}: change ${last} was acknowledged, but the value is ${value}`);
  if (patches[value - 1] === "refused") violations.push(`${userName}: change ${value} was refused, but is there`);
  // One version for the creation, and one for each change that was made.
  const made = Number(/\d+/.exec(String((user["meta"] as { version: string }).version))?.[0]) - 1;
  const least = patches.filter((ending) => ending === "acknowledged").length;
  const most = least + patches.filter((ending) => ending === "unknown").length;
  if (made < least || made > most) violations.push(`${userName}: ${made} versions of ${least} to ${most} changes`);
  return violations;
}
