import { test } from "node:test";

/** A published list of checks for SCIM servers. */
export type ValidatorList = { readonly title: string; readonly checks: readonly string[] };

/** The mandatory checks of Microsoft's SCIM validator (scimvalidator.microsoft.com). */
export const MICROSOFT: ValidatorList = {
  title: "Microsoft SCIM validator, mandatory",
  checks: [
    "Create a new user",
    "Create a duplicate user",
    "Filter for an existing user",
    "Filter for a user that does not exist",
    "Filter for an existing user in another letter case",
    "Patch user: replace attributes",
    "Patch user: add attributes",
    "Update the userName of a user",
    "Patch user: disable the user",
    "Patch user: add a manager",
    "Patch user: replace the manager",
    "Patch user: remove the manager",
    "Delete a user",
    "Get a group by id without its members",
    "Filter for an existing group, with and without its members",
    "Filter for a group that does not exist",
    "Filter for an existing group in another letter case",
    "Create a new group",
    "Create a duplicate group",
    "Patch group: replace attributes",
    "Update the externalId of a group",
    "Patch group: add and remove a member",
    "Delete a group",
  ],
};

/** The optional checks of the same validator. */
export const MICROSOFT_PREVIEW: ValidatorList = {
  title: "Microsoft SCIM validator, preview",
  checks: [
    "Patch user: several operations on different attributes",
    "Patch user: several operations on the same attribute",
    "Delete a user that does not exist",
    "Delete the same user twice",
    "Patch group: several operations on different attributes",
    "Delete a group that does not exist",
    "Delete the same group twice",
  ],
};

/** The validation of applications for Entra's gallery (AzureAD/SCIMReferenceCode, SCIM-Validation-Test-Overview.md). */
export const GALLERY: ValidatorList = {
  title: "Microsoft Entra gallery validation",
  checks: [
    "Create_User_Test",
    "Update_User_Test",
    "Disable_User_Test",
    "Delete_User_Test",
    "User_Update_Manager_Test",
    "Restore_User_Test",
    "POD_User_Test",
    "Create_Group_Test",
    "Update_Group_Test",
    "Delete_Group_Test",
    "Group_Update_Add_Member_Test",
    "Group_Update_Remove_Member_Test",
    "POD_Group_Test",
    "Restore_Group_Test",
    "Schema_Discoverability_Test",
    "SCIM_Null_Update_Test",
    "SCIM_User_Create_Test",
    "SCIM_User_Update_Test",
    "SCIM_Group_Create_Test",
    "SCIM_Group_Update_Test",
    "Validate_Credentials_Test",
    "Federated_Identity_Test",
    "SCIM_User_Pagination_Test",
    "SCIM_Group_Pagination_Test",
    "SCIM_Update_Manager_Test",
  ],
};

/** Okta's published SCIM 2.0 spec test. */
export const OKTA: ValidatorList = {
  title: "Okta SCIM 2.0 spec test",
  checks: [
    "Test Users endpoint",
    "Get Users/{id}",
    "Test invalid User by username",
    "Test invalid User by ID",
    "Make sure random user doesn't exist",
    "Create Okta user with realistic values",
    "Verify that user was created",
    "Expect failure when recreating user with same values",
    "Username Case Sensitivity Check",
    "Verify Groups endpoint",
    "Check status 401",
    "Check status 404",
  ],
};

export const VALIDATORS: Readonly<Record<string, ValidatorList>> = { MICROSOFT, MICROSOFT_PREVIEW, GALLERY, OKTA };

/**
 * A test for one check of a list. `npm run conformance` reads these calls from the source, so the list must be one of
 * those above and the check a literal.
 * @throws Error for a check that is not in the list
 */
export function passes(list: ValidatorList, check: string, work: () => Promise<void>): void {
  if (!list.checks.includes(check)) throw new Error(`${list.title} has no check "${check}".`);
  test(`${list.title}: ${check}`, work);
}
