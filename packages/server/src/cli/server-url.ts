import { CommandRefused } from "./command.ts";

/**
 * The address that a command is given. What may hold a password is not repeated.
 * @param wanted what kind of URL it is to be, with an example
 * @throws CommandRefused
 */
export function readUrl(text: string, wanted: string): URL {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === "") {
    const shown = text.includes("@") ? "what --url gives" : `"${text}"`;
    throw new CommandRefused(`${shown} is not a URL. Give ${wanted}.`);
  }
  if (url.username !== "" || url.password !== "") {
    throw new CommandRefused(
      "the URL has a user name or a password, which no server here asks for. Leave them out, and give the secret by --secret.",
    );
  }
  if (text.includes("#")) throw new CommandRefused(`"${text}" has a fragment (#), which no server gets. Leave it out.`);
  return url;
}
