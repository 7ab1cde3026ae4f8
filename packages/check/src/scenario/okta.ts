import { listOf } from "../answer.ts";
import {
  addGroupMembers,
  assignPerson,
  deletePushedGroup,
  discoverEntitlements,
  matchUser,
  type Okta,
  oktaAccount,
  pushGroup,
  removeGroupMember,
  renamePushedGroup,
  replaceGroupMembers,
  setActive,
  setUp,
  syncPassword,
  updateProfile,
} from "../simulate/okta.ts";
import { need, type Scenario, smallTeam } from "./scenario.ts";

/**
 * An application's life in Okta.
 * @param run part of every unique name
 */
export function oktaScenario(okta: Okta, run: string): Scenario {
  const [maya, tomas, priya, jonas] = smallTeam(run);
  const engineering = `Engineering ${run}`;
  const renamed = `Engineering and Design ${run}`;

  return {
    identityProvider: okta,
    phases: [
      {
        name: "set-up and entitlement discovery",
        play: async () => {
          await setUp(okta);
          await discoverEntitlements(okta);
          need((await matchUser(okta, maya.userName)) === undefined, "Nobody must be found beforehand");
        },
      },
      {
        name: "people are assigned, with a password that is never answered",
        play: async () => {
          for (const person of [maya, tomas, priya, jonas]) {
            const { responseBody } = await assignPerson(okta, person, "1mz050nq");
            need(!JSON.stringify(responseBody).includes("1mz050nq"), "The password must not be in the answer");
          }
          const { id } = oktaAccount(okta, maya.externalId);
          need((await matchUser(okta, maya.userName.toUpperCase())) === id, "A user must be found in upper case");
        },
      },
      {
        name: "a profile changes, and loses an attribute",
        play: async () => {
          await updateProfile(okta, maya.externalId, { familyName: "Okafor-Bell", title: "Staff Engineer" });
          await updateProfile(okta, maya.externalId, { email: `m.${maya.email}`, locale: "de-CH" });
          const { title: _, ...untitled } = oktaAccount(okta, tomas.externalId).person;
          okta.accounts.set(tomas.externalId, { ...oktaAccount(okta, tomas.externalId), person: untitled });
          await updateProfile(okta, tomas.externalId, {});
        },
      },
      {
        name: "a new password, of which nothing is read back",
        play: async () => {
          await syncPassword(okta, priya.externalId, "t1meMa$heen");
        },
      },
      {
        name: "a group is pushed; members are added, removed and replaced",
        play: async () => {
          await pushGroup(okta, engineering);
          await addGroupMembers(okta, engineering, [maya.externalId]);
          await addGroupMembers(okta, engineering, [tomas.externalId, priya.externalId]);
          await removeGroupMember(okta, engineering, maya.externalId);
          await removeGroupMember(okta, engineering, maya.externalId);
        },
      },
      {
        name: "the members of a group are replaced",
        play: async () => {
          await replaceGroupMembers(okta, engineering, [priya.externalId, jonas.externalId]);
        },
      },
      {
        name: "a profile update leaves memberships alone",
        play: async () => {
          await updateProfile(okta, jonas.externalId, { title: "Support Manager" });
        },
      },
      {
        name: "a group is renamed and keeps its members",
        play: async () => {
          await renamePushedGroup(okta, engineering, renamed);
          const groups = await okta.client.get("/Groups", { startIndex: 1, count: 100 });
          need(
            listOf(groups).resources.some(({ displayName }) => displayName === renamed),
            "The new name must be listed",
          );
        },
      },
      {
        name: "people are deactivated, still found, and assigned again",
        play: async () => {
          await setActive(okta, tomas.externalId, false);
          await setActive(okta, jonas.externalId, false);
          const { id } = oktaAccount(okta, jonas.externalId);
          need((await matchUser(okta, jonas.userName)) === id, "A deactivated user must be found");
          await assignPerson(okta, jonas, "again1");
        },
      },
      {
        name: "a pushed group is deleted",
        play: async () => {
          await deletePushedGroup(okta, renamed);
        },
      },
    ],
  };
}
