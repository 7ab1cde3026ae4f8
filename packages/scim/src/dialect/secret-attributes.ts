/**
 * Attribute names that clients use for secrets outside the schemas. Like `password`, they are not stored. Only whole
 * names count: `passwordLastChanged` is harmless.
 */
export const SECRET_ATTRIBUTES: readonly string[] = [
  ...["password", "passwd", "pwd", "pass", "passphrase", "passcode", "pin", "otp"],
  ...["newPassword", "oldPassword", "currentPassword", "initialPassword", "defaultPassword", "confirmPassword"],
  ...["temporaryPassword", "tempPassword", "userPassword", "unicodePwd", "dBCSPwd", "passwordConfirmation"],
  ...["passwordHash", "hashedPassword", "ntHash", "lmHash", "ntPassword", "lmPassword", "sambaNTPassword"],
  ...["secret", "clientSecret", "sharedSecret", "totpSecret", "otpSecret", "mfaSecret", "securityAnswer"],
  ...["token", "accessToken", "refreshToken", "idToken", "apiToken", "authToken", "bearerToken"],
  ...["apiKey", "accessKey", "secretKey", "privateKey"],
];

/** Names of attributes that are secrets, in a form that ignores letter case, `-` and `_`. */
export type SecretAttributes = ReadonlySet<string>;

export function secretAttributes(names: readonly string[]): SecretAttributes {
  return new Set(names.map(bareName));
}

/** Whether an attribute of this name is a secret, or several of them. */
export function isSecretAttribute(name: string, secrets: SecretAttributes): boolean {
  const bare = bareName(name);
  return secrets.has(bare) || (bare.endsWith("s") && secrets.has(bare.slice(0, -1)));
}

function bareName(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, "");
}
