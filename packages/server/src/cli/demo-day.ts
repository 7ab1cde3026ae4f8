import {
  addGroupMembers,
  addMembers,
  assignPerson,
  describeDifference,
  type Entra,
  type EntraUser,
  type Exchange,
  type IdentityProvider,
  type Okta,
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
  verifyState,
} from "@scimtool/check";
import { CommandError } from "./command.ts";

/** Prints what an identity provider did, and the response. */
export type Tell = (actor: string, action: string, exchange: Exchange) => Promise<void>;

const MOST_SHOWN_DIFFERENCES = 5;

/** A day of a company: people join, move and leave. @throws UnexpectedAnswer, NoAnswer */
export async function playEntraDay(entra: Entra, tell: Tell): Promise<void> {
  const staff = entraStaff();
  const { joy, adele, alex, megan, lee } = staff;
  const say = (action: string, exchange: Exchange) => tell("Entra ID", action, exchange);
  const sales = { objectId: crypto.randomUUID(), displayName: "Sales" };
  const finance = { objectId: crypto.randomUUID(), displayName: "Finance" };
  const join = async (user: EntraUser, { objectId, displayName }: typeof sales) =>
    say(`added ${user.displayName} to ${displayName}`, await addMembers(entra, objectId, [user.objectId]));

  await say("tested the connection with a user that does not exist", (await testConnection(entra))[0]);
  for (const user of Object.values(staff)) await say(`created ${user.displayName}`, await provisionUser(entra, user));
  for (const group of [sales, finance]) {
    await say(`created the group ${group.displayName}`, await provisionGroup(entra, group));
  }
  await join(joy, sales);
  await join(alex, sales);
  await join(lee, finance);
  await say("made Adele Vance the manager of Joy Young", await setManager(entra, joy.objectId, adele.objectId));

  await say(
    "moved Joy Young from Sales to Finance",
    await updateUser(entra, joy.objectId, { department: "Finance", jobTitle: "Financial Analyst" }),
  );
  await say("removed Joy Young from Sales", await removeMembers(entra, sales.objectId, [joy.objectId]));
  await join(joy, finance);
  await say(
    "gave Megan Bowen a work email address",
    await updateUser(entra, megan.objectId, { mail: "megan.bowen@contoso.example" }),
  );
  await say(
    "tried to create Lee Gu again, as after a lost answer, and learned that the user exists",
    await repeatCreate(entra, lee.objectId),
  );
  await say("disabled Alex Wilber", await updateUser(entra, alex.objectId, { accountEnabled: false }));
  await say("restored Alex Wilber, who is still a member of Sales", await restoreUser(entra, alex.objectId));
  await say("renamed Sales to Sales Worldwide", await renameGroup(entra, sales.objectId, "Sales Worldwide"));
}

/** @throws UnexpectedAnswer, NoAnswer */
export async function playOktaDay(oktaApp: Okta, tell: Tell): Promise<void> {
  const staff = oktaStaff();
  const { maya, tomas } = staff;
  const group = "Engineering";
  const say = (action: string, exchange: Exchange) => tell("Okta", action, exchange);

  await say("tested the connector", await setUp(oktaApp));
  for (const person of Object.values(staff)) {
    const name = `${person.givenName} ${person.familyName}`;
    await say(`created ${name}`, await assignPerson(oktaApp, person, crypto.randomUUID()));
  }
  await say(`pushed the group ${group}`, await pushGroup(oktaApp, group));
  await say(
    `added Maya Okafor and Tomás Silva to ${group}`,
    await addGroupMembers(oktaApp, group, [maya.externalId, tomas.externalId]),
  );
  await say(
    "changed Maya Okafor's title to Staff Engineer",
    await updateProfile(oktaApp, maya.externalId, { title: "Staff Engineer" }),
  );
  await say("deactivated Tomás Silva", await setActive(oktaApp, tomas.externalId, false));
}

/**
 * Reads everything back: a successful response does not prove that the server applied the change.
 * @throws CommandError if users or groups differ from what was sent; NoAnswer
 */
export async function checkResult(identityProviders: readonly IdentityProvider[]): Promise<void> {
  const differences: string[] = [];
  for (const { client, state } of identityProviders) {
    const found = await verifyState(client, state);
    // The server stores references relative to its base URL, which may differ from the one that was sent.
    differences.push(...found.filter(({ path }) => !path.endsWith("$ref")).map(describeDifference));
  }
  if (differences.length === 0) return;
  const more = differences.length - MOST_SHOWN_DIFFERENCES;
  throw new CommandError(
    "the server accepted changes that it did not apply (RFC 7644 §3.5.2): " +
      `${differences.slice(0, MOST_SHOWN_DIFFERENCES).join("; ")}${more > 0 ? `; and ${more} more` : ""}.`,
  );
}

function entraStaff() {
  const person = (givenName: string, surname: string, jobTitle: string, department: string): EntraUser => {
    const address = `${givenName}.${surname}@contoso.example`.toLowerCase();
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

function oktaStaff(): { maya: Person; tomas: Person } {
  const person = (givenName: string, familyName: string, login: string, title: string): Person => ({
    externalId: crypto.randomUUID(),
    userName: `${login}@fabrikam.example`,
    email: `${login}@fabrikam.example`,
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
