import { randomBytes } from "node:crypto";
import { type Attack, type Seen, sleep, type Target } from "./target.ts";
import { answerOn, ask, open, requestText } from "./wire.ts";

/** Longer than exchanges wait until they are recorded. */
const RECORDED_AFTER_MS = 500;

/** Sends requests with a secret somewhere, and looks for it in the records and the log. */
function planted(name: string, requestsWith: (secret: string, target: Target) => readonly string[]): Attack {
  return {
    name: `recorded: ${name}`,
    expected: "in no record and no log line",
    play: async (target) => {
      const secret = `scim_${randomBytes(24).toString("hex")}`;
      for (const text of requestsWith(secret, target)) await answerOn(open(target.port, text));
      await sleep(RECORDED_AFTER_MS);
      const records = (await ask(target.port, "GET", "/api/export", { secret: target.adminSecret })).body;
      const found = [
        ...(records.includes(secret) ? ["in the records"] : []),
        ...(target.output().includes(secret) ? ["in the log"] : []),
      ];
      return { text: found.join(" and ") || "nowhere", isHeld: records.length > 0 && found.length === 0 };
    },
  };
}

const CLOSE = "Connection: close";

function encoded(text: string): string {
  return [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
}

function get(path: string, secret: string | undefined, ...headers: string[]): string {
  return requestText("GET", path, { ...(secret !== undefined && { secret }), headers: [...headers, CLOSE] });
}

async function checked(expected: boolean, text: string): Promise<Seen> {
  return { text, isHeld: expected };
}

export const SECRET_ATTACKS: readonly Attack[] = [
  planted("a token in a percent-encoded filter", (secret, { scimSecret }) => [
    get(`/scim/v2/Users?filter=${encoded(`userName eq "${secret}"`)}`, scimSecret),
    get(`/scim/v2/Users?filter=${encoded(`userName eq "Bearer ${secret}"`)}`, scimSecret),
  ]),
  planted("a token in a path", (secret, { scimSecret }) => [
    get(`/scim/v2/Users/${secret}`, scimSecret),
    get(`/scim/v2/Users/${encoded(secret)}`, scimSecret),
    get(`/${secret}/x`, undefined),
    get(`/scim/v2/Users/${secret}`, "wrong"),
  ]),
  planted("headers that carry secrets", (secret, { scimSecret }) =>
    ["Authentication", "X-OTP", "X-Pin", "X-Api-Key", "Cookie", "Proxy-Authorization"].map((name) =>
      get("/scim/v2/Users?count=0", scimSecret, `${name}: ${secret.slice(5)}`, `X-Data: {"password":"${secret}"}`),
    ),
  ),
  planted("userinfo in Host, and a nested code", (secret, { scimSecret }) => [
    requestText("GET", "/scim/v2/Users?count=0", {
      secret: scimSecret,
      host: `user:${secret}@127.0.0.1`,
      headers: [CLOSE],
    }),
    get(`/api/x?next=${encoded(`https://a.example/?code=${secret}`)}`, undefined),
  ]),
  planted("a password in a body", (secret, { scimSecret }) => [
    requestText("POST", "/scim/v2/Users", {
      secret: scimSecret,
      headers: [CLOSE],
      body: JSON.stringify({
        userName: `planted ${secret.length}`,
        password: secret,
        emails: [{ type: "password", value: secret }],
      }),
    }),
  ]),
  {
    name: "attributes named like secrets, in a tolerant endpoint",
    expected: "returned by no answer",
    play: async ({ port, scimSecret }) => {
      const value = randomBytes(12).toString("hex");
      const names = ["pwd", "unicodePwd", "newPassword", "ntHash", "pass_word", "token"];
      const user = { userName: `hidden ${value.length}`, ...Object.fromEntries(names.map((name) => [name, value])) };
      const created = await ask(port, "POST", "/scim/v2/Users", { secret: scimSecret, body: JSON.stringify(user) });
      const { id } = JSON.parse(created.body) as { id?: string };
      const read = await ask(port, "GET", `/scim/v2/Users/${id}`, { secret: scimSecret });
      const isHeld = read.status === 200 && ![created, read].some(({ body }) => body.includes(value));
      return checked(isHeld, isHeld ? "not returned" : `${created.status}, ${read.status}: returned`);
    },
  },
  {
    name: "another tenant's token, and an endpoint that does not exist",
    expected: "refused with the same words",
    play: async ({ port, scimSecret, adminSecret }) => {
      const body = JSON.stringify({ name: "other" });
      const headers = ["Content-Type: application/json"];
      const made = await ask(port, "POST", "/api/endpoints", { secret: adminSecret, body, headers });
      const answers = await Promise.all(
        ["other", "missing"].map((name) =>
          ask(port, "GET", `/scim/endpoints/${name}/v2/Users`, { secret: scimSecret }),
        ),
      );
      const [one, two] = answers.map(({ status, body: text }) => `${status} ${text.replaceAll(/other|missing/g, "")}`);
      const statuses = answers.map(({ status }) => status).join(", ");
      const isHeld = made.status === 201 && one === two && /^40[13], /.test(statuses);
      return checked(isHeld, isHeld ? statuses : `${one}; ${two}`);
    },
  },
  {
    name: "viewers that take every live stream",
    expected: "administrators still get one",
    play: async (target) => {
      const watch = (secret: string) => open(target.port, requestText("GET", "/api/live", { secret }));
      const viewers = Array.from({ length: 110 }, () => watch(target.viewerSecret));
      await sleep(500);
      const admin = watch(target.adminSecret);
      const status = await new Promise<string>((resolve) => {
        admin
          .once("data", (bytes: Buffer) => resolve(bytes.toString("latin1").slice(9, 12)))
          .once("close", () => resolve("closed"));
      });
      for (const socket of [...viewers, admin]) socket.destroy();
      return checked(status === "200", status);
    },
  },
  {
    name: "answers that a proxy or browser keeps or guesses at",
    expected: "no-store and nosniff everywhere",
    play: async ({ port, scimSecret, adminSecret }) => {
      const paths: readonly (readonly [path: string, secret: string])[] = [
        ["/scim/v2/Users?count=1", scimSecret],
        ["/scim/v2/Users/missing", scimSecret],
        ["/scim/v2/Schemas", scimSecret],
        ["/scim/v2/Users", "wrong"],
        ["/api/endpoints", adminSecret],
        ["/api/endpoints", "wrong"],
        ["/api/exchanges", adminSecret],
        ["/metrics", adminSecret],
      ];
      const bad: string[] = [];
      for (const [path, secret] of paths) {
        const { head } = await ask(port, "GET", path, { secret });
        if (!/^cache-control: no-store/im.test(head) || !/^x-content-type-options: nosniff/im.test(head))
          bad.push(path);
      }
      return checked(bad.length === 0, bad.length === 0 ? "all" : `not at ${[...new Set(bad)].join(", ")}`);
    },
  },
];
