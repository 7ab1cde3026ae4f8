import {
  addGroupMembers,
  addMembers,
  assignPerson,
  type Connection,
  deleteGroup,
  type Entra,
  type EntraUser,
  type Exchange,
  entraId,
  hardDeleteUser,
  type Okta,
  okta,
  type Person,
  provisionGroup,
  provisionUser,
  pushGroup,
  removeMembers,
  renameGroup,
  repeatCreate,
  restoreUser,
  setActive,
  setManager,
  setUp,
  testConnection,
  updateProfile,
  updateUser,
} from "@scimtool/check";

/** Says what somebody did, and how it was answered. */
export type Tell = (actor: string, action: string, exchange: Exchange) => Promise<void>;

/** Ctrl+C: the demo has cleaned up and ends. */
export class DemoInterrupted extends Error {
  override readonly message = "interrupted.";
}

export type Stage = {
  readonly connection: Connection;
  /** Part of every unique name, so that the day can be played again on one server. */
  readonly run: string;
  readonly keep: boolean;
  readonly tell: Tell;
  readonly isInterrupted: () => boolean;
};

/**
 * Plays a day of a company: people come, move, and go.
 * @returns how many people and groups were made
 * @throws UnexpectedAnswer, NoAnswer, DemoInterrupted
 */
export async function playDay(stage: Stage): Promise<{ users: number; groups: number }> {
  const entra = entraId(stage.connection);
  const oktaApp = okta(stage.connection, "catalogue");
  const tell: Tell = async (...line) => {
    await stage.tell(...line);
    if (stage.isInterrupted()) throw new DemoInterrupted();
  };
  try {
    await dayOfEntra(entra, stage.run, tell);
    await dayOfOkta(oktaApp, stage.run, tell);
    return {
      users: entra.state.users.size + oktaApp.state.users.size,
      groups: entra.state.groups.size + oktaApp.state.groups.size,
    };
  } finally {
    if (!stage.keep) await cleanUp(entra, oktaApp, stage.tell);
  }
}

async function dayOfEntra(entra: Entra, run: string, tell: Tell): Promise<void> {
  const staff = entraStaff(run);
  const { joy, adele, alex, megan, lee } = staff;
  const say = (action: string, exchange: Exchange) => tell("Entra ID", action, exchange);

  await say("tested the connection: nobody of that name, as it should be", (await testConnection(entra))[0]);
  for (const user of Object.values(staff)) await say(`created ${user.displayName}`, await provisionUser(entra, user));
  const sales = { objectId: crypto.randomUUID(), displayName: `Sales (demo ${run})` };
  const finance = { objectId: crypto.randomUUID(), displayName: `Finance (demo ${run})` };
  for (const group of [sales, finance]) {
    await say(`created the group ${group.displayName}`, await provisionGroup(entra, group));
  }
  const join = async (user: EntraUser, { objectId, displayName }: typeof sales) =>
    say(`added ${user.displayName} to ${displayName}`, await addMembers(entra, objectId, [user.objectId]));
  await join(joy, sales);
  await join(alex, sales);
  await join(lee, finance);
  await say("made Adele Vance the manager of Joy Young", await setManager(entra, joy.objectId, adele.objectId));

  await say(
    "moved Joy Young from Sales to Finance",
    await updateUser(entra, joy.objectId, { department: "Finance", jobTitle: "Financial Analyst" }),
  );
  await say(
    `removed Joy Young from ${sales.displayName}, and nobody else`,
    await removeMembers(entra, sales.objectId, [joy.objectId]),
  );
  await join(joy, finance);
  await say(
    "gave Megan Bowen, who had no work address, one",
    await updateUser(entra, megan.objectId, { mail: `megan.bowen.${run}@contoso.example` }),
  );
  await say(
    "sent the creation of Lee Gu again, as after a lost answer, and was told that he is there",
    await repeatCreate(entra, lee.objectId),
  );
  await say("disabled Alex Wilber", await updateUser(entra, alex.objectId, { accountEnabled: false }));
  await say("restored Alex Wilber, still a member of his group", await restoreUser(entra, alex.objectId));
  const renamed = `Sales Worldwide (demo ${run})`;
  await say(`renamed ${sales.displayName} to ${renamed}`, await renameGroup(entra, sales.objectId, renamed));
}

async function dayOfOkta(oktaApp: Okta, run: string, tell: Tell): Promise<void> {
  const { maya, tomas } = oktaStaff(run);
  const group = `Engineering (demo ${run})`;
  const say = (action: string, exchange: Exchange) => tell("Okta", action, exchange);

  await say("tested the connector", await setUp(oktaApp));
  await say("created Maya Okafor", await assignPerson(oktaApp, maya, crypto.randomUUID()));
  await say("created Tomás Silva", await assignPerson(oktaApp, tomas, crypto.randomUUID()));
  await say(`pushed the group ${group}`, await pushGroup(oktaApp, group));
  await say(
    `added Maya Okafor and Tomás Silva to ${group}`,
    await addGroupMembers(oktaApp, group, [maya.externalId, tomas.externalId]),
  );
  await say(
    "changed the title of Maya Okafor to Staff Engineer",
    await updateProfile(oktaApp, maya.externalId, { title: "Staff Engineer" }),
  );
  await say("deactivated Tomás Silva", await setActive(oktaApp, tomas.externalId, false));
}

/** What was made goes again, in Entra ID's way: for good, as after 30 days in the recycle bin. Okta deletes nobody. */
async function cleanUp(entra: Entra, oktaApp: Okta, tell: Tell): Promise<void> {
  for (const [objectId, { user }] of [...entra.accounts]) {
    await tell("Entra ID", `deleted ${user.displayName} for good`, await hardDeleteUser(entra, objectId));
  }
  for (const [objectId, { group }] of [...entra.groups]) {
    await tell("Entra ID", `deleted the group ${group.displayName}`, await deleteGroup(entra, objectId));
  }
  for (const { id, person } of oktaApp.accounts.values()) {
    const name = `${person.givenName} ${person.familyName}`;
    await tell("The demo", `deleted ${name}, for Okta deletes nobody`, await oktaApp.client.delete(`/Users/${id}`));
  }
  for (const [displayName, id] of oktaApp.groupIds) {
    await tell("The demo", `deleted the group ${displayName}`, await oktaApp.client.delete(`/Groups/${id}`));
  }
}

function entraStaff(run: string) {
  const person = (givenName: string, surname: string, jobTitle: string, department: string): EntraUser => {
    const address = `${givenName}.${surname}.${run}@contoso.example`.toLowerCase();
    return {
      objectId: crypto.randomUUID(),
      userPrincipalName: address,
      accountEnabled: true,
      isSoftDeleted: false,
      displayName: `${givenName} ${surname}`,
      givenName,
      surname,
      mail: address,
      jobTitle,
      department,
    };
  };
  const { mail: _, ...megan } = person("Megan", "Bowen", "Marketing Manager", "Marketing");
  return {
    joy: person("Joy", "Young", "Account Manager", "Sales"),
    adele: person("Adele", "Vance", "Head of Finance", "Finance"),
    alex: person("Alex", "Wilber", "Sales Representative", "Sales"),
    megan: megan as EntraUser,
    lee: person("Lee", "Gu", "Controller", "Finance"),
  };
}

function oktaStaff(run: string): { maya: Person; tomas: Person } {
  const person = (givenName: string, familyName: string, login: string, title: string): Person => ({
    externalId: crypto.randomUUID(),
    userName: `${login}.${run}@fabrikam.example`,
    email: `${login}.${run}@fabrikam.example`,
    givenName,
    familyName,
    title,
    active: true,
  });
  return {
    maya: person("Maya", "Okafor", "maya.okafor", "Engineer"),
    tomas: person("Tomás", "Silva", "tomas.silva", "Designer"),
  };
}
