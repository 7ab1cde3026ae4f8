import { activate, addMember, createGroup, createPerson, type JumpCloud, putPerson } from "../simulate/jumpcloud.ts";
import { type Scenario, smallTeam } from "./scenario.ts";

/**
 * An application's first days in JumpCloud.
 * @param run part of every unique name
 */
export function jumpCloudScenario(jumpCloud: JumpCloud, run: string): Scenario {
  const [maya, tomas, priya] = smallTeam(run);

  return {
    identityProvider: jumpCloud,
    phases: [
      {
        name: "activation with a test user that is deleted, and a test group",
        play: () => activate(jumpCloud, { ...maya, userName: `test1.${run}@jumpcloud.com` }, "delete"),
      },
      {
        name: "activation with a test user that is deactivated",
        play: () => activate(jumpCloud, { ...maya, userName: `test2.${run}@jumpcloud.com` }, "deactivate"),
      },
      {
        name: "people and a group",
        play: async () => {
          const [first, second] = [await createPerson(jumpCloud, tomas), await createPerson(jumpCloud, priya)];
          const group = await createGroup(jumpCloud, `JumpCloud ${run}`);
          await addMember(jumpCloud, group, first);
          await addMember(jumpCloud, group, second);
          await putPerson(jumpCloud, first, { ...tomas, active: false });
        },
      },
    ],
  };
}
