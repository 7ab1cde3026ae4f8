import { clientName, type Dialect, vendorOf } from "../dialect/client.ts";

/** What things are called in the settings of an identity provider, each as it stands in the middle of a sentence. */
export type ProviderWords = {
  /** "Entra ID", or "the identity provider". */
  readonly name: string;
  /** Where attributes are mapped. */
  readonly mapping: string;
  /** The attribute by which accounts are matched. */
  readonly matching: string;
  /** Where the secret is entered. */
  readonly secret: string;
  /** Where the id and the secret of an OAuth client are entered. */
  readonly client: string;
  /** Where the base URL is entered. */
  readonly baseUrl: string;
  /** How it is made to forget what it knows of the accounts here. */
  readonly restart: string;
  /** How its provisioning is stopped. */
  readonly stop: string;
  /** Where people and groups are assigned. */
  readonly assigned: string;
  /** How its mapping is made to give userName in lower case. */
  readonly lowerCase: string;
  /** An expression of its mappings that gives a boolean. */
  readonly trueOrFalse?: string;
};

const ENTRA: ProviderWords = {
  name: "Entra ID",
  mapping: "the attribute mapping (Provisioning, Mappings)",
  matching: "the matching attribute (the row of the attribute mapping with a matching precedence)",
  secret: '"Secret token" (Provisioning, Admin Credentials)',
  client: '"Client Identifier" and "Client Secret" (Provisioning, Admin Credentials)',
  baseUrl: '"Tenant URL" (Provisioning, Admin Credentials)',
  restart: 'select "Restart provisioning" (Provisioning, Overview), which matches every account again',
  stop: 'select "Pause provisioning" or "Stop provisioning" (Provisioning, Overview)',
  assigned: '"Users and groups" and the scoping filters of the attribute mapping',
  lowerCase: "map ToLower([userPrincipalName]) to userName",
  trueOrFalse: 'Switch([IsSoftDeleted], , "False", "True", "True", "False")',
};

const OKTA: ProviderWords = {
  name: "Okta",
  mapping: "the attribute mappings of the application (Provisioning, To App)",
  matching: '"Unique identifier field for users" (Provisioning, Integration)',
  secret: "the authorization of the application (Provisioning, Integration)",
  client: "the authorization of the application (Provisioning, Integration)",
  baseUrl: '"SCIM connector base URL" (Provisioning, Integration)',
  restart: "unassign the person from the application and assign them again",
  stop: 'clear "Update User Attributes" and "Deactivate Users" (Provisioning, To App)',
  assigned: '"Assignments" and "Push Groups"',
  lowerCase: "map String.toLowerCase(user.login) to userName",
};

/** For who is not known, or has no words of their own here. */
function general(name: string): ProviderWords {
  return {
    name,
    mapping: "its attribute mapping",
    matching: "the attribute by which it matches accounts",
    secret: "the field for the secret token in its connection settings",
    client: "its connection settings",
    baseUrl: "the SCIM base URL in its connection settings",
    restart: "start a full synchronisation",
    stop: "stop provisioning",
    assigned: "its list of assigned people and groups",
    lowerCase: "always send userName in lower case",
  };
}

export function wordsOf(dialect: Dialect): ProviderWords {
  const vendor = vendorOf(dialect);
  if (vendor === "entra") return ENTRA;
  if (vendor === "okta") return OKTA;
  return general(clientName(dialect) ?? "the identity provider");
}
