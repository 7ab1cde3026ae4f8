import { expectEmptyList, expectStatus, listOf } from "../answer.ts";
import {
  accountOf,
  addMembers,
  deleteGroup,
  discoverAccounts,
  type Entra,
  findGroup,
  findUser,
  groupOf,
  hasManager,
  provisionGroup,
  relinkGroup,
  removeMembers,
  renameGroup,
  testConnection,
} from "../simulate/entra.ts";
import { type EntraUser, MALFORMED_ENTERPRISE_URN } from "../simulate/entra-user.ts";
import {
  assignRoles,
  clearAttributes,
  disableUser,
  hardDeleteUser,
  provisionUser,
  repeatCreate,
  restoreUser,
  setManager,
  updateUser,
} from "../simulate/entra-users.ts";
import { need, type Phase, type Scenario } from "./scenario.ts";

/**
 * The life of a tenant in Entra ID, from the connection test to the last deletion. It also makes every request of
 * Microsoft's SCIM validator.
 * @param run part of every unique name, so that it can be played again on the same server
 */
export function entraScenario(entra: Entra, run: string): Scenario {
  const people = entraPeople(run);
  const [joy, adele, alex, diego, grady, isaiah, lee] = people as [
    EntraUser,
    EntraUser,
    EntraUser,
    EntraUser,
    EntraUser,
    EntraUser,
    EntraUser,
  ];
  const [mistyped, everyone] = [people.at(-1), people.map(({ objectId }) => objectId)] as [EntraUser, string[]];
  const sales = { objectId: crypto.randomUUID(), displayName: `Sales & "Friends" ${run}` };
  const finance = { objectId: crypto.randomUUID(), displayName: `Finance ${run}` };

  return {
    identityProvider: entra,
    phases: [
      {
        name: "connection test, with + and with %20 for blanks",
        play: async () => {
          await testConnection(entra);
          const filter = encodeURIComponent(`userName eq "${crypto.randomUUID()}"`);
          expectEmptyList(await entra.client.get(`/Users?filter=${filter}`));
          expectEmptyList(await entra.client.get("/Users", { filter: 'emails[type eq "work"].value eq "nobody"' }));
        },
      },
      {
        name: "initial cycle: a user who is there already is matched and given every attribute",
        play: async () => {
          const body = { schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"], userName: joy.userPrincipalName };
          expectStatus(await entra.client.post("/Users", body), 201);
          await provisionUser(entra, joy);
        },
      },
      {
        name: "initial cycle: users are created",
        play: async () => {
          for (const [index, user] of people.slice(1, -1).entries()) {
            await provisionUser(entra, user, index % 2 === 0 ? "current" : "with-nulls");
          }
        },
      },
      {
        name: "a mapping whose enterprise URN lacks a colon",
        play: async () => {
          const tenant = { ...entra, enterpriseUrn: MALFORMED_ENTERPRISE_URN };
          await provisionUser(tenant, mistyped);
          await updateUser(tenant, mistyped.objectId, { department: "Treasury", employeeId: undefined });
        },
      },
      {
        name: "initial cycle: groups, then their members",
        play: async () => {
          await provisionGroup(entra, sales);
          await provisionGroup(entra, finance);
          await addMembers(entra, sales.objectId, everyone);
          await addMembers(entra, finance.objectId, [joy.objectId]);
          await addMembers(entra, finance.objectId, [adele.objectId]);
        },
      },
      matching(entra, adele, alex),
      {
        name: "a lost answer: the create is repeated and refused with uniqueness",
        play: async () => {
          await repeatCreate(entra, alex.objectId);
          const { displayName } = finance;
          const again = await entra.client.post("/Groups", { schemas: [GROUP_SCHEMA], displayName });
          expectStatus(again, 409);
        },
      },
      incrementalChanges(entra, adele, alex),
      {
        name: "attributes are cleared by empty strings, then by nulls",
        play: async () => {
          const targets = [{ attribute: "title" }, { attribute: "name", subAttribute: "formatted" }];
          await clearAttributes(entra, grady.objectId, targets, "");
          await clearAttributes(entra, lee.objectId, targets, null);
        },
      },
      {
        name: "a manager is set, changed, asked for, and taken away",
        play: async () => {
          await setManager(entra, diego.objectId, joy.objectId);
          await setManager(entra, grady.objectId, joy.objectId);
          need(await hasManager(entra, diego.objectId, joy.objectId), "The filter on manager must find the report");
          await setManager(entra, diego.objectId, adele.objectId);
          need(!(await hasManager(entra, diego.objectId, joy.objectId)), "The former manager must not be found");
          await setManager(entra, grady.objectId, undefined);
        },
      },
      {
        name: "roles as JSON text",
        play: async () => {
          const role = { id: crypto.randomUUID(), value: "Admin", displayName: "Admin" };
          await assignRoles(entra, isaiah.objectId, [role]);
          await assignRoles(entra, isaiah.objectId, [{ ...role, id: crypto.randomUUID(), value: "Reader" }]);
        },
      },
      {
        name: "members are removed by value, and only they; both ways are repeatable",
        play: async () => {
          await removeMembers(entra, sales.objectId, [lee.objectId]);
          await removeMembers(entra, sales.objectId, [lee.objectId]);
          await removeMembers(entra, sales.objectId, [diego.objectId, grady.objectId]);
          await addMembers(entra, sales.objectId, [joy.objectId]);
        },
      },
      {
        name: "a group is renamed and linked anew, and keeps its members",
        play: async () => {
          await renameGroup(entra, sales.objectId, `Sales worldwide ${run}`);
          await relinkGroup(entra, sales.objectId, crypto.randomUUID());
          const { id, group } = groupOf(entra, sales.objectId);
          need((await findGroup(entra, group.displayName.toUpperCase())) === id, "A group must be found in upper case");
          const listed = await entra.client.get("/Groups", {
            filter: `displayName eq ${JSON.stringify(group.displayName)}`,
          });
          need(listOf(listed).resources[0]?.["members"] !== undefined, "A filter must answer members unless excluded");
          const without = await entra.client.get(`/Groups/${id}`, { excludedAttributes: "members" });
          need(!JSON.stringify(without.responseBody).includes('"members"'), "Excluded members must not be answered");
        },
      },
      {
        name: "a disabled user stays readable, is found, and keeps memberships; then restored",
        play: async () => {
          await disableUser(entra, joy.objectId);
          need((await findUser(entra, `userName eq "${joy.userPrincipalName}"`)) !== undefined, "She must be found");
          await updateUser(entra, adele.objectId, { isSoftDeleted: true });
          await disableUser(entra, isaiah.objectId);
          await restoreUser(entra, isaiah.objectId);
        },
      },
      {
        name: "account discovery, page by page",
        play: async () => {
          const found = new Set(await discoverAccounts(entra, 5));
          need(
            [...entra.state.users.keys()].every((id) => found.has(id)),
            "Every user must be on a page",
          );
          expectStatus(await entra.client.get("/Groups", { startIndex: 1, count: 1 }), 200);
        },
      },
      {
        name: "hard deletion, twice, and of groups",
        play: async () => {
          const { id } = accountOf(entra, adele.objectId);
          await hardDeleteUser(entra, adele.objectId);
          expectStatus(await entra.client.delete(`/Users/${id}`), 404);
          expectStatus(await entra.client.delete(`/Users/${crypto.randomUUID()}`), 404);
          const { id: groupId } = groupOf(entra, finance.objectId);
          await deleteGroup(entra, finance.objectId);
          expectStatus(await entra.client.delete(`/Groups/${groupId}`), 404);
        },
      },
    ],
  };
}

const GROUP_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:Group";

function matching(entra: Entra, adele: EntraUser, alex: EntraUser): Phase {
  return {
    name: "users are found by any matching attribute, whatever the letter case of the user name",
    play: async () => {
      const { id } = accountOf(entra, alex.objectId);
      for (const filter of [
        `userName eq "${alex.userPrincipalName}"`,
        `userName eq "${alex.userPrincipalName.toUpperCase()}"`,
        `emails[type eq "work"].value eq "${alex.mail}"`,
        `externalId eq "${alex.objectId}"`,
        `externalId eq ${alex.objectId}`,
        `id eq "${id}" and externalId eq "${alex.objectId}"`,
      ]) {
        need((await findUser(entra, filter)) === id, `The filter ${filter} must find ${alex.displayName}`);
      }
      const { id: adeleId } = accountOf(entra, adele.objectId);
      const filter = encodeURIComponent(`userName eq "${adele.userPrincipalName}"`);
      const [found] = listOf(await entra.client.get(`/Users?filter=${filter}`)).resources;
      need(found?.["id"] === adeleId, "The same filter with %20 for blanks must find the user");
      need((await findGroup(entra, crypto.randomUUID())) === undefined, "An unknown group must not be found");
    },
  };
}

function incrementalChanges(entra: Entra, adele: EntraUser, alex: EntraUser): Phase {
  return {
    name: "incremental changes: replaced, added and removed attributes, one and many, by every kind of path",
    play: async () => {
      const change = (user: EntraUser, properties: Parameters<typeof updateUser>[2]) =>
        updateUser(entra, user.objectId, properties);
      await change(adele, { surname: "Vance-Young" });
      await change(adele, { mail: `new.${adele.userPrincipalName}`, mobile: "+1 425 555 0199", costCenter: "CC-7" });
      await change(adele, { mobile: undefined, costCenter: undefined });
      await change(adele, { userPrincipalName: `renamed.${adele.userPrincipalName}`, accountEnabled: false });
      await change(adele, { accountEnabled: true, displayName: "Adele V.", givenName: "A.", employeeId: "A" });
      await change(alex, { department: "Retail", jobTitle: undefined, city: "Paris", country: "FR" });
      await change(alex, { mail: `second.${alex.userPrincipalName}`, appRole: "Owner", extensionAttribute1: "7" });
      await change(alex, { appRole: "Reader", extensionAttribute1: undefined, preferredLanguage: undefined });
      await change(alex, { jobTitle: "First" });
      await change(alex, { jobTitle: "Second" });
    },
  };
}

/** Given name, surname, job title, department, city. */
const STAFF = [
  ["Joy", "Young", "Account Manager", "Sales", "Seattle"],
  ["Adele", "Vance", "Retail Manager", "Retail", "Bellevue"],
  ["Alex", "Wilber", "Marketing Assistant", "Marketing", "San Diego"],
  ["Diego", "Siciliani", "HR Manager", "HR", "Birmingham"],
  ["Grady", "Archie", "Designer", "R&D", "Bloomington"],
  ["Isaiah", "Langer", "Sales Rep", "Sales", "Tulsa"],
  ["Lee", "Gu", "Director", "Manufacturing", "Overland Park"],
  ["Megan", "Bowen", "Marketing Manager", "Marketing", "Pittsburgh"],
  ["Nestor", "Wilke", "Director", "Operations", "Seattle"],
  ["Zoë", "O'Brien-Müller", "Geschäftsführerin", "Finance", "Zürich"],
  ["Miriam", "Graham", "VP Marketing", "Marketing", "Cairo"],
  ["陽子", "山田", "部長", "Finance", "東京"],
] as const;

/** People of a tenant. They differ in which properties they have. */
function entraPeople(run: string): EntraUser[] {
  return STAFF.map(([givenName, surname, jobTitle, department, city], index) => ({
    objectId: crypto.randomUUID(),
    // Signs that a URL's query must escape: plus and apostrophe are allowed in user principal names.
    userPrincipalName: `${index % 3 === 0 ? "o'" : ""}user+${index}.${run}@example.com`,
    accountEnabled: true,
    isSoftDeleted: false,
    displayName: `${givenName} ${surname}`,
    givenName,
    surname,
    jobTitle,
    department,
    city,
    employeeId: String(10_000 + index),
    ...(index % 2 === 0 ? { mail: `mail${index}.${run}@example.com`, telephoneNumber: `+1 425 555 01${index}0` } : {}),
    ...(index % 3 === 0 ? { streetAddress: `${index} Main Street`, postalCode: `9800${index}`, country: "US" } : {}),
    ...(index % 4 === 0 ? { extensionAttribute1: "701984", preferredLanguage: "en-US" } : {}),
    ...(index % 5 === 0 ? { appRole: "Admin" } : {}),
  }));
}
