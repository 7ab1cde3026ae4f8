import { after } from "node:test";
import { type RunningApplication, startApplication, TEST_ADMIN_SECRET } from "../testing/application.ts";
import { succeeded } from "../testing/assert-answer.ts";
import { type Answer, type AnyJson, type Client, clientOf } from "../testing/client.ts";
import { group, user } from "../testing/scim-bodies.ts";

/** A created resource: its path, and the server's answer. */
export type Made = { readonly path: string; readonly id: string; readonly body: AnyJson; readonly answer: Answer };

/** Properties of a new token, as the API takes them. */
type Token = {
  readonly endpoint?: string;
  readonly scopes?: readonly string[];
  readonly user?: string;
  readonly expires?: string;
};

/** A server for the tests of one file, with shared helpers. */
export type World = RunningApplication & {
  /** The base URI of the default endpoint. */
  readonly base: string;
  /** Sends to the server's root with the admin secret. */
  readonly admin: Client;
  /** A text that no other call returned. */
  readonly unique: (prefix?: string) => string;
  readonly newUser: (attributes?: object, client?: Client) => Promise<Made>;
  readonly newGroup: (attributes?: object, client?: Client) => Promise<Made>;
  /** Creates a resource of any type. */
  readonly make: (path: string, body: object, client?: Client) => Promise<Made>;
  readonly read: (made: Made | string, client?: Client) => Promise<AnyJson>;
  /** Runs work while the default endpoint has these additional settings. */
  readonly withSettings: (settings: object, work: () => Promise<void>) => Promise<void>;
  /** Creates another endpoint. @returns its name */
  readonly newEndpoint: (settings?: object) => Promise<string>;
  /** A client of an endpoint with a new token. */
  readonly clientWith: (token: Token) => Promise<Client>;
};

/** Starts a server that closes after the tests of the file. */
export async function startWorld(): Promise<World> {
  const server = await startApplication();
  const { client: usual, origin } = server;
  const opened = [clientOf(origin, TEST_ADMIN_SECRET)];
  const [admin] = opened as [Client];
  after(async () => {
    for (const each of opened) each.close();
    await server.close();
  });
  let count = 0;
  const unique = (prefix = "name") => `${prefix}${++count}`;
  const make: World["make"] = async (path, sent, client = usual) => {
    const answer = await client.post(path, sent);
    const body = succeeded(answer, 201);
    return { path: `${path}/${body.id}`, id: body.id, body, answer };
  };
  return {
    ...server,
    base: `${origin}/scim/v2`,
    admin,
    unique,
    make,
    newUser: (attributes = {}, client = usual) => make("/Users", user(unique("user"), attributes), client),
    newGroup: (attributes = {}, client = usual) => make("/Groups", group(unique("group"), attributes), client),
    read: async (made, client = usual) => succeeded(await client.get(typeof made === "string" ? made : made.path), 200),
    withSettings: async (settings, work) => {
      const path = "/api/endpoints/default";
      const before = (await admin.get(path)).body.settings;
      await administer(admin, "PATCH", path, { settings });
      try {
        await work();
      } finally {
        const unset = Object.fromEntries(Object.keys(settings).map((name) => [name, before[name] ?? null]));
        await administer(admin, "PATCH", path, { settings: unset });
      }
    },
    newEndpoint: async (settings = {}) => {
      const name = unique("endpoint");
      await administer(admin, "POST", "/api/endpoints", { name, settings });
      return name;
    },
    clientWith: async ({ endpoint = "default", ...token }) => {
      const { baseUrl } = (await admin.get(`/api/endpoints/${endpoint}`)).body;
      const wanted = { kind: "token", label: unique("token"), ...token };
      const { secret } = await administer(admin, "POST", `/api/endpoints/${endpoint}/credentials`, wanted);
      const client = clientOf(baseUrl, secret);
      opened.push(client);
      return client;
    },
  };
}

async function administer(admin: Client, method: string, path: string, body: object): Promise<AnyJson> {
  const answer = await admin.send(method, path, { body });
  if (answer.status >= 300) throw new Error(`${method} ${path} was answered ${answer.status}: ${answer.text}`);
  return answer.body;
}
