import type { ReactNode } from "react";

type Provider = {
  readonly label: string;
  /** Names of the fields, as the provider's screens have them. */
  readonly urlLabel: string;
  readonly tokenLabel: string;
  readonly needsHttps: boolean;
  readonly urlOf: (baseUrl: string) => string;
  readonly stepsHeading: string;
  readonly steps: readonly ReactNode[];
  /** A request for people who only want to try. */
  readonly commandOf?: (baseUrl: string, token: string) => string;
};

/** A label on the provider's screen. */
function L({ children }: { readonly children: string }) {
  return <strong>{children}</strong>;
}

const entra: Provider = {
  label: "Microsoft Entra ID",
  urlLabel: "Tenant URL",
  tokenLabel: "Secret token",
  needsHttps: true,
  // The flag makes Entra ID send PATCH requests as the RFC has them.
  urlOf: (baseUrl) => `${baseUrl}?aadOptscim062020`,
  stepsHeading: "In the Microsoft Entra admin center",
  steps: [
    <>
      Open <L>Enterprise applications</L> → <L>New application</L> → <L>Create your own application</L>. Select{" "}
      <L>Integrate any other application you don't find in the gallery</L>.
    </>,
    <>
      Open <L>Provisioning</L> → <L>New configuration</L>.
    </>,
    <>
      Paste the <L>Tenant URL</L> and the <L>Secret token</L>.
    </>,
    <>
      Select <L>Test connection</L>. The light on this page turns green.
    </>,
    <>
      Select <L>Create</L>. Then open <L>Users and groups</L> and assign the people to provision.
    </>,
    <>
      Select <L>Start provisioning</L>. The first cycle begins within minutes, later ones every 40 minutes.{" "}
      <L>Provision on demand</L> takes seconds.
    </>,
  ],
};

const okta: Provider = {
  label: "Okta",
  urlLabel: "SCIM 2.0 Base URL",
  tokenLabel: "OAuth Bearer Token",
  needsHttps: true,
  urlOf: (baseUrl) => baseUrl,
  stepsHeading: "In the Okta Admin Console",
  steps: [
    <>
      Open <L>Applications</L> → <L>Browse App Catalog</L> and add <L>SCIM 2.0 Test App (OAuth Bearer Token)</L>. Your
      own app works too: select <L>Enable SCIM provisioning</L> in its settings.
    </>,
    <>
      Open <L>Provisioning</L> → <L>Configure API Integration</L> and select <L>Enable API integration</L>.
    </>,
    <>
      Paste the <L>SCIM 2.0 Base URL</L> and the <L>OAuth Bearer Token</L>. Your own app calls them{" "}
      <L>SCIM connector base URL</L> and <L>HTTP Header: Authorization</L>; its <L>Unique identifier field for users</L>{" "}
      is <code>userName</code>.
    </>,
    <>
      Select <L>Test API Credentials</L>. The light on this page turns green. Then select <L>Save</L>.
    </>,
    <>
      Under <L>To App</L>, select <L>Edit</L> and enable <L>Create Users</L>, <L>Update User Attributes</L> and{" "}
      <L>Deactivate Users</L>.
    </>,
    <>
      Assign people under <L>Assignments</L>, and groups under <L>Push Groups</L>.
    </>,
  ],
};

const other: Provider = {
  label: "Another",
  urlLabel: "SCIM base URL",
  tokenLabel: "Bearer token",
  needsHttps: false,
  urlOf: (baseUrl) => baseUrl,
  stepsHeading: "In your identity provider",
  steps: [
    <>Open its provisioning settings and choose SCIM 2.0.</>,
    <>
      Paste the base URL. Paths such as <code>/Users</code> are added by the identity provider.
    </>,
    <>
      Choose <L>Bearer token</L> as the authentication method and paste the token. OAuth client credentials work too:
      see the endpoint's OAuth clients.
    </>,
    <>Test the connection, or send any request with the token. The light on this page turns green.</>,
  ],
  commandOf: (baseUrl, token) => {
    const user = {
      schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"],
      userName: "alice@example.com",
      displayName: "Alice Young",
    };
    const headers = `-H "Authorization: Bearer ${token}" -H "Content-Type: application/scim+json"`;
    return `curl ${baseUrl}/Users ${headers} -d '${JSON.stringify(user)}'`;
  },
};

export const PROVIDERS = { entra, okta, other };
export type ProviderName = keyof typeof PROVIDERS;
