/** A shorter one would be found in ordinary words, and is no secret. */
const SHORTEST = 6;

/** What somebody else wrote, such as a server's error, may repeat the secret that it was sent. */
export function withoutSecret(text: string, secret: string): string {
  return secret.length < SHORTEST ? text : text.replaceAll(secret, "<secret>");
}
