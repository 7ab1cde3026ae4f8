/** A person as the smaller identity providers keep one. */
export type Person = {
  /** Id at the identity provider. */
  readonly externalId: string;
  readonly userName: string;
  readonly givenName: string;
  readonly familyName: string;
  readonly email: string;
  readonly title?: string;
  readonly locale?: string;
  readonly active: boolean;
};

/** A person as provisioned. */
export type Account = {
  /** The id that the server gave. */
  readonly id: string;
  person: Person;
};
