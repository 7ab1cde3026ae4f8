import {
  addToGroup,
  createRuleGroup,
  deletePerson,
  type OneLogin,
  provisionPerson,
  removeFromGroup,
  updatePerson,
} from "../simulate/onelogin.ts";
import { type Scenario, smallTeam } from "./scenario.ts";

/**
 * An application's life in OneLogin.
 * @param run part of every unique name
 */
export function oneLoginScenario(oneLogin: OneLogin, run: string): Scenario {
  const [maya, tomas, priya] = smallTeam(run);
  const group = `OneLogin ${run}`;

  return {
    identityProvider: oneLogin,
    phases: [
      {
        name: "people are looked up and created, and looked up and replaced",
        play: async () => {
          for (const person of [maya, tomas, priya]) await provisionPerson(oneLogin, person);
          await provisionPerson(oneLogin, { ...maya, title: "Principal Engineer" });
        },
      },
      {
        name: "people join and leave a group",
        play: async () => {
          await createRuleGroup(oneLogin, group);
          for (const { externalId } of [maya, tomas, priya]) await addToGroup(oneLogin, group, externalId);
          await removeFromGroup(oneLogin, group, tomas.externalId);
        },
      },
      {
        name: "PUT with the schemas of SCIM 1.x changes and deactivates",
        play: async () => {
          await updatePerson(oneLogin, priya.externalId, { familyName: "Raman-Lee" });
          await updatePerson(oneLogin, priya.externalId, { active: false });
        },
      },
      {
        name: "a person is deleted and leaves the group",
        play: async () => {
          await deletePerson(oneLogin, maya.externalId);
        },
      },
    ],
  };
}
