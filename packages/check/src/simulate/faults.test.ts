import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, test } from "node:test";
import { isObject, type JsonObject, LIST_RESPONSE_SCHEMA } from "@scimtool/scim";
import { type Entra, entraId, provisionGroup } from "./entra.ts";
import type { EntraUser } from "./entra-user.ts";
import { provisionUser, repeatCreate } from "./entra-users.ts";
import { assignPerson, okta } from "./okta.ts";
import { oneLogin, provisionPerson } from "./onelogin.ts";

const JOY: EntraUser = {
  objectId: "1",
  userPrincipalName: "joy@example.com",
  accountEnabled: true,
  isSoftDeleted: false,
  displayName: "Joy Young",
  givenName: "Joy",
  surname: "Young",
};

describe("Identity providers at a server with faults", () => {
  /** What every list has, whatever the filter, and what every creation is answered. */
  let [resources, created] = [[] as JsonObject[], { status: 201, body: "" }];
  const bodies: JsonObject[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    if (body !== "") bodies.push(JSON.parse(body));
    if (request.method === "POST") response.writeHead(created.status).end(created.body);
    else {
      const list = { schemas: [LIST_RESPONSE_SCHEMA], totalResults: resources.length, Resources: resources };
      response.end(JSON.stringify(list));
    }
  });
  let origin = "";
  const entra = (query = ""): Entra => entraId({ baseUrl: origin + query, token: "t" });
  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => server.close());

  test("changes nobody that a server names which ignores the filter", async () => {
    resources = [{ id: "9", userName: "somebody.else@example.com", displayName: "Else" }];
    const wrong = { name: "UnexpectedAnswer", message: /nothing but what the filter matches \(RFC 7644/ };
    await assert.rejects(provisionUser(entra(), JOY), wrong);
    await assert.rejects(provisionGroup(entra(), { objectId: "2", displayName: "Sales" }), wrong);
    const connection = { baseUrl: origin, token: "t" };
    const person = { externalId: "1", userName: "joy@example.com", email: "joy@example.com", active: true };
    const joy = { ...person, givenName: "Joy", familyName: "Young" };
    await assert.rejects(assignPerson(okta(connection, "catalogue"), joy, "password"), wrong);
    await assert.rejects(provisionPerson(oneLogin(connection), joy), wrong);
    assert.deepEqual(bodies, []);
  });

  test("tells that a conflict must say which one it is, whatever its body", async () => {
    for (const body of ["", "null", "<html>", "{}"]) {
      const idp = entra();
      [resources, created] = [[], { status: 201, body: '{"id":"1"}' }];
      await provisionUser(idp, JOY);
      created = { status: 409, body };
      await assert.rejects(repeatCreate(idp, "1"), { message: /scimType "uniqueness" \(RFC 7644 §3\.3\) is needed/ });
    }
  });

  test("names the section of the RFC that an answer falls short of", async () => {
    created = { status: 500, body: "" };
    await assert.rejects(provisionUser(entra(), JOY), { message: /answered 500; 201 \(RFC 7644 §3\.3\) is needed/ });
  });

  test("adds Microsoft's schema to a group by default, and not with its flag", async () => {
    [resources, created] = [[], { status: 201, body: '{"id":"1"}' }];
    const schemasBy = async (query: string) => {
      await provisionGroup(entra(query), { objectId: "2", displayName: "Sales" });
      const body = bodies.at(-1);
      return isObject(body) ? body["schemas"] : undefined;
    };
    const core = "urn:ietf:params:scim:schemas:core:2.0:Group";
    const microsoft = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group";
    assert.deepEqual(await schemasBy(""), [core, microsoft]);
    assert.deepEqual(await schemasBy("?aadOptscim062020"), [core]);
  });
});
