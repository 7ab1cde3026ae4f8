import { test } from "node:test";
import { assertFits } from "../../server/src/http/page/testing/browser.ts";
import { startApplication } from "../../server/src/testing/application.ts";
import { assertAccessible, startPage } from "./page.ts";

const USER = {
  schemas: ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
  externalId: "0a21f0f2",
  userName: "joy@example.com",
  active: true,
  meta: { resourceType: "User" },
  roles: [],
};

const server = await startApplication();
const { client } = server;
for (const _ of [1, 2, 3]) await client.post("/Users", USER, { "user-agent": undefined });
const { page } = await startPage(server, { hash: "#/endpoints/default?tab=clients" });

test("an endpoint shows how each client is doing and whether a quarantine is near", async () => {
  const entra = page.getByRole("region", { name: "Clients" }).getByRole("article", { name: /Entra ID/ });
  await entra.getByText("Quarantine is possible.").waitFor();
  await entra.getByText(/2 failures in 3 requests of this cycle \(67%\)/).waitFor();
  await assertAccessible(page);
  await page.setViewportSize({ width: 390, height: 800 });
  await assertFits(page);
  await page.setViewportSize({ width: 1280, height: 720 });
});

test("the number of failures leads to them", async () => {
  await page.getByRole("link", { name: "2 failures" }).click();
  const table = page.getByRole("table", { name: "Exchanges, newest first" });
  await table.getByRole("row").filter({ hasText: "409" }).first().waitFor();
});
