export * from "./answer.ts";
export * from "./client.ts";
export * from "./differences.ts";
export * from "./expected-state.ts";
export { entraScenario } from "./scenario/entra.ts";
export { jumpCloudScenario } from "./scenario/jumpcloud.ts";
export { oktaScenario } from "./scenario/okta.ts";
export { oneLoginScenario } from "./scenario/onelogin.ts";
export type { Scenario } from "./scenario/scenario.ts";
export * from "./simulate/entra.ts";
export type { EntraUser } from "./simulate/entra-user.ts";
export * from "./simulate/entra-users.ts";
export { type Connection, type IdentityProvider, type Person, patchMessage } from "./simulate/identity-provider.ts";
export { jumpCloud } from "./simulate/jumpcloud.ts";
export {
  addGroupMembers,
  assignPerson,
  type Okta,
  okta,
  pushGroup,
  removeGroupMember,
  renamePushedGroup,
  setActive,
  setUp,
  updateProfile,
} from "./simulate/okta.ts";
export { oktaSpecTest } from "./simulate/okta-spec-test.ts";
export { oneLogin } from "./simulate/onelogin.ts";
export { compareResource, verifyState } from "./verify.ts";
