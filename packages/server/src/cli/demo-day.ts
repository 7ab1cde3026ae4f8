import {
  addGroupMembers,
  addMembers,
  assignPerson,
  type Connection,
  type Entra,
  type EntraUser,
  type Exchange,
  entraId,
  type IdentityProvider,
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
  UnexpectedAnswer,
  updateProfile,
  updateUser,
} from "@scimtool/check";
import { ClaimBroken, checkClaims } from "./demo-claims.ts";
import { holderOf, rememberAnswer, type Sent } from "./demo-clean-up.ts";

/** Says what somebody did, and how it was answered. */
export type Tell = (actor: string, action: string, exchange: Exchange) => Promise<void>;

export type Stage = {
  readonly connection: Connection;
  /** Part of every unique name, so that the day can be played again on one server. */
  readonly run: string;
  readonly tell: Tell;
  /** Takes what is about to be created, for whoever cleans up. */
  readonly sent: Sent[];
};

/** What came of a day. */
export type Played = { readonly users: number; readonly groups: number; readonly refusedChanges: number };

/**
 * Tells of a change. Where the tenant URL has Entra ID's flag and the server refuses one, the day goes on: also with
 * the flag Entra ID writes a manager as text and attributes by their full names, and Okta leaves the path out, which
 * a server that holds clients to the RFCs need not take.
 */
type Attempt = (action: string, change: Promise<Exchange>) => Promise<void>;

/**
 * Plays a day of a company: people come, move, and go. Then it reads back what the server has made of it.
 * @returns how many people and groups were made
 * @throws UnexpectedAnswer, NoAnswer, ClaimBroken, and the reason of the connection's signal
 */
export async function playDay(stage: Stage): Promise<Played> {
  const { sent, connection } = stage;
  const observe = (exchange: Exchange) => {
    rememberAnswer(sent, exchange);
    connection.observe?.(exchange);
  };
  const entra = entraId({ ...connection, observe });
  const oktaApp = okta({ ...connection, observe }, "catalogue");
  const isFlagged = entra.dialect.name !== "default";
  let refusedChanges = 0;
  const attemptBy =
    (actor: string): Attempt =>
    async (action, change) => {
      try {
        await stage.tell(actor, action, await change);
      } catch (error) {
        if (!isFlagged || !isRefusedChange(error)) throw error;
        refusedChanges++;
        await stage.tell(actor, `was refused this: ${action}`, error.exchange);
      }
    };
  await dayOfEntra(entra, stage, attemptBy("Entra ID"));
  await dayOfOkta(oktaApp, stage, attemptBy("Okta"));
  await checkClaims([entra, oktaApp]);
  return {
    refusedChanges,
    users: entra.state.users.size + oktaApp.state.users.size,
    groups: entra.state.groups.size + oktaApp.state.groups.size,
  };
}

function isRefusedChange(error: unknown): error is UnexpectedAnswer {
  return error instanceof UnexpectedAnswer && error.exchange.method === "PATCH" && error.exchange.status === 400;
}

/**
 * Creates somebody, and looks who has the id that was answered before anything is changed there.
 * @throws ClaimBroken when it is somebody else
 */
async function make(
  { sent, tell }: Stage,
  { client }: IdentityProvider,
  about: Omit<Sent, "ids" | "isAnswered">,
  action: string,
  create: () => Promise<Exchange>,
): Promise<void> {
  const made: Sent = { ...about, ids: new Set(), isAnswered: false };
  sent.push(made);
  await tell(made.by, action, await create());
  for (const id of made.ids) {
    if ((await holderOf(made, id, client)) !== "another") continue;
    throw new ClaimBroken(
      `the server answered the creation of ${made.name} with the id ${id}, and has somebody else there, whom the ` +
        "demo leaves alone (RFC 7643 §3.1: an id is of one resource, and never given again).",
    );
  }
}

async function dayOfEntra(entra: Entra, stage: Stage, attempt: Attempt): Promise<void> {
  const { run, tell } = stage;
  const staff = entraStaff(run);
  const { joy, adele, alex, megan, lee } = staff;
  const say = (action: string, exchange: Exchange) => tell("Entra ID", action, exchange);

  await say("tested the connection: nobody of that name, as it should be", (await testConnection(entra))[0]);
  for (const user of Object.values(staff)) {
    const { displayName: name, userPrincipalName } = user;
    const about = { by: "Entra ID", type: "Users", name, keys: [userPrincipalName] } as const;
    await make(stage, entra, about, `created ${name}`, () => provisionUser(entra, user));
  }
  const sales = { objectId: crypto.randomUUID(), displayName: `Sales (demo ${run})` };
  const finance = { objectId: crypto.randomUUID(), displayName: `Finance (demo ${run})` };
  const renamed = `Sales Worldwide (demo ${run})`;
  for (const group of [sales, finance]) {
    const name = `the group ${group.displayName}`;
    const keys = group === sales ? [sales.displayName, renamed] : [group.displayName];
    const about = { by: "Entra ID", type: "Groups", name, keys } as const;
    await make(stage, entra, about, `created ${name}`, () => provisionGroup(entra, group));
  }
  const join = async (user: EntraUser, { objectId, displayName }: typeof sales) =>
    attempt(`added ${user.displayName} to ${displayName}`, addMembers(entra, objectId, [user.objectId]));
  await join(joy, sales);
  await join(alex, sales);
  await join(lee, finance);
  await attempt("made Adele Vance the manager of Joy Young", setManager(entra, joy.objectId, adele.objectId));

  await attempt(
    "moved Joy Young from Sales to Finance",
    updateUser(entra, joy.objectId, { department: "Finance", jobTitle: "Financial Analyst" }),
  );
  await attempt(
    `removed Joy Young from ${sales.displayName}, and nobody else`,
    removeMembers(entra, sales.objectId, [joy.objectId]),
  );
  await join(joy, finance);
  await attempt(
    "gave Megan Bowen, who had no work address, one",
    updateUser(entra, megan.objectId, { mail: `megan.bowen.${run}@contoso.example` }),
  );
  await say(
    "sent the creation of Lee Gu again, as after a lost answer, and was told that he is there",
    await repeatCreate(entra, lee.objectId),
  );
  await attempt("disabled Alex Wilber", updateUser(entra, alex.objectId, { accountEnabled: false }));
  await attempt("restored Alex Wilber, still a member of his group", restoreUser(entra, alex.objectId));
  await attempt(`renamed ${sales.displayName} to ${renamed}`, renameGroup(entra, sales.objectId, renamed));
}

async function dayOfOkta(oktaApp: Okta, stage: Stage, attempt: Attempt): Promise<void> {
  const { run, tell } = stage;
  const staff = oktaStaff(run);
  const { maya, tomas } = staff;
  const group = `Engineering (demo ${run})`;
  const say = (action: string, exchange: Exchange) => tell("Okta", action, exchange);

  await say("tested the connector", await setUp(oktaApp));
  for (const person of Object.values(staff)) {
    const name = `${person.givenName} ${person.familyName}`;
    const about = { by: "Okta", type: "Users", name, keys: [person.userName] } as const;
    const assign = () => assignPerson(oktaApp, person, crypto.randomUUID());
    await make(stage, oktaApp, about, `created ${name}`, assign);
  }
  const about = { by: "Okta", type: "Groups", name: `the group ${group}`, keys: [group] } as const;
  await make(stage, oktaApp, about, `pushed the group ${group}`, () => pushGroup(oktaApp, group));
  await attempt(
    `added Maya Okafor and Tomás Silva to ${group}`,
    addGroupMembers(oktaApp, group, [maya.externalId, tomas.externalId]),
  );
  await attempt(
    "changed the title of Maya Okafor to Staff Engineer",
    updateProfile(oktaApp, maya.externalId, { title: "Staff Engineer" }),
  );
  await attempt("deactivated Tomás Silva", setActive(oktaApp, tomas.externalId, false));
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
