import assert from "node:assert/strict";
import { test } from "node:test";
import { assertFits } from "../../server/src/http/page/testing/browser.ts";
import { startApplication } from "../../server/src/testing/application.ts";
import { assertAccessible, goTo, startPage } from "./page.ts";

const CORE = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const DEVICE = "urn:example:params:scim:schemas:Device";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";

const server = await startApplication();
const { admin, client } = server;
const lee = (await client.post("/Users", { schemas: [CORE], userName: "lee@example.com", displayName: "Lee Gu" })).body
  .id;
await createDevices();
const { page } = await startPage(server, { hash: "#/endpoints/default/Users" });

/** An endpoint with a resource type of 100 attributes. */
async function createDevices(): Promise<void> {
  const text = (name: string, more = {}) => ({
    name,
    type: "string",
    description: `The ${name} of the device.`,
    ...more,
  });
  const reference = { name: "$ref", type: "reference", referenceTypes: ["User"] };
  const attributes = [
    text("serial", { required: true, mutability: "immutable", uniqueness: "server" }),
    text("firmware", { mutability: "readOnly" }),
    text("key", { mutability: "writeOnly", returned: "never" }),
    { name: "retiredAt", type: "dateTime" },
    { name: "slots", type: "integer" },
    text("tags", { multiValued: true }),
    {
      name: "owner",
      type: "complex",
      subAttributes: [text("value"), reference, text("display", { mutability: "readOnly" })],
    },
    ...Array.from({ length: 93 }, (_, number) => text(`fact${number}`)),
  ];
  const settings = {
    schemas: [{ id: DEVICE, name: "Device", attributes }],
    resourceTypes: [{ name: "Device", endpoint: "/Devices", schema: DEVICE }],
  };
  const { status, text: answer } = await admin.send("POST", "/api/endpoints", { body: { name: "devices", settings } });
  assert.equal(status, 201, answer);
}

const dialog = (name: string) => page.getByRole("dialog", { name });
const heading = (name: string) => page.getByRole("heading", { name, level: 1 });

test("a user is created with a form, with values of all kinds", async () => {
  await page.getByRole("button", { name: "New user" }).click();
  const form = dialog("New user");
  await form.getByLabel("userName").fill("joy@example.com");
  await form.getByLabel("givenName").fill("Joy");
  await form.getByLabel("familyName").fill("Young");
  await form.getByRole("button", { name: "Add a value to emails" }).click();
  const email = form.getByRole("group", { name: "emails 1" });
  assert.equal(await email.getByLabel("type").inputValue(), "work");
  await email.getByLabel("value").fill("joy@example.com");
  await email.getByLabel("primary").check();
  await form.getByLabel("active").selectOption("false");
  await form.getByRole("combobox", { name: "Add attribute to User" }).fill("nick");
  await form.getByRole("combobox", { name: "Add attribute to User" }).press("Enter");
  await form.getByLabel("nickName").fill("Jo");
  await form.getByLabel("department").fill("Sales");
  await form.getByRole("combobox", { name: "manager" }).fill("lee");
  await form.getByRole("option", { name: /Lee Gu/ }).click();
  await assertAccessible(page);
  await form.getByRole("button", { name: "Create" }).click();
  await heading("Joy Young").waitFor();
  const {
    id: _,
    meta: __,
    ...stored
  } = (await client.get(`/Users?filter=${encodeURIComponent('userName eq "joy@example.com"')}`)).body.Resources[0];
  assert.deepEqual(stored, {
    schemas: [CORE, ENTERPRISE],
    userName: "joy@example.com",
    name: { givenName: "Joy", familyName: "Young" },
    nickName: "Jo",
    active: false,
    emails: [{ value: "joy@example.com", type: "work", primary: true }],
    [ENTERPRISE]: {
      department: "Sales",
      manager: { value: lee, $ref: `Users/${lee}`, displayName: "Lee Gu" },
    },
  });
});

test("form and JSON show the same draft; the server's message stands at its attribute", async () => {
  await page.getByRole("button", { name: "Edit" }).click();
  const form = dialog("Edit user");
  await form.getByLabel("title").fill("Lead");
  await form.getByRole("tab", { name: "JSON" }).click();
  const json = form.getByLabel("Resource as JSON");
  const text = await json.inputValue();
  assert.match(text, /"title": "Lead"/);
  await json.fill(text.replace('"joy@example.com"', '"lee@example.com"'));
  await form.getByRole("tab", { name: "Form" }).click();
  await form.getByRole("button", { name: "Save" }).click();
  const userName = form.getByLabel("userName");
  await form.getByText(/^userName "lee@example.com" is taken/).waitFor();
  assert.match((await userName.getAttribute("aria-describedby")) ?? "", /./);
  await assertAccessible(page);
  await userName.fill("joy@example.com");
  await form.getByRole("combobox", { name: "manager" }).waitFor();
  await form.getByRole("button", { name: "Remove manager" }).click();
  await form.getByRole("button", { name: "Save" }).click();
  await form.waitFor({ state: "hidden" });
  const [stored] = (await client.get(`/Users?filter=${encodeURIComponent('userName eq "joy@example.com"')}`)).body
    .Resources;
  assert.deepEqual([stored.title, stored[ENTERPRISE]], ["Lead", { department: "Sales" }]);
});

test("an edit of a group keeps the members, which it does not load", async () => {
  const members = [{ value: lee }];
  const body = { schemas: [GROUP], displayName: "Sales", externalId: "x1", members };
  const { id } = (await client.post("/Groups", body)).body;
  await goTo(page, `#/endpoints/default/Groups/${id}`);
  await page.getByRole("button", { name: "Edit" }).click();
  const form = dialog("Edit group");
  await form.getByLabel("displayName").fill("Buyers");
  await form.getByLabel("externalId").fill("");
  await form.getByRole("button", { name: "Save" }).click();
  await heading("Buyers").waitFor();
  const stored = (await client.get(`/Groups/${id}`)).body;
  assert.deepEqual([stored.displayName, stored.externalId, stored.members.length], ["Buyers", undefined, 1]);
});

test("a custom type of 100 attributes is listed, created and edited by its schema", async () => {
  const owner = (await admin.post("/api/endpoints/devices/scim/v2/Users", { schemas: [CORE], userName: "ann" })).body
    .id;
  await goTo(page, "#/endpoints/devices/Users");
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Go to or search" }).fill("devices");
  await page.getByRole("option", { name: "Search devices for “devices”" }).waitFor();
  await page.getByRole("option", { name: "Go to Devices" }).click();
  await heading("Devices").waitFor();
  await page.getByRole("navigation").getByRole("link", { name: "Users" }).click();
  await heading("Users").waitFor();
  await page.getByRole("navigation").getByRole("link", { name: "Devices" }).click();
  await heading("Devices").waitFor();
  await page.getByText("No devices yet.").waitFor();
  await page.getByRole("button", { name: "New device" }).click();
  const form = dialog("New device");
  await form.getByLabel("serial").waitFor();
  assert.ok((await form.getByRole("textbox").count()) < 6);
  const more = form.getByRole("combobox", { name: "Add attribute to Device" });
  for (const name of ["retiredAt", "slots", "tags", "owner", "fact77", "key"]) {
    await more.fill(name);
    await more.press("Enter");
  }
  await more.fill("firmware");
  assert.equal(await form.getByRole("option").count(), 0);
  await form.getByRole("button", { name: "Create" }).click();
  await form.getByText(/^serial is required/).waitFor();
  await form.getByLabel("serial").fill("S1");
  await form.getByLabel("retiredAt").fill("2026-12-02T10:00:00");
  await form.getByLabel("slots").fill("4");
  await form.getByLabel("fact77").fill("blue");
  await form.getByLabel("key").fill("hush");
  await form.getByRole("button", { name: "Add a value to tags" }).click();
  await form.getByRole("group", { name: "tags 1" }).getByRole("textbox").fill("lab");
  await form.getByRole("combobox", { name: "owner" }).fill("ann");
  await form.getByRole("option", { name: "ann" }).click();
  for (const width of [390, 1280]) {
    await page.setViewportSize({ width, height: 720 });
    await assertFits(page);
  }
  await form.getByRole("button", { name: "Create" }).click();
  await page.getByRole("button", { name: "Edit" }).click();
  const edit = dialog("Edit device");
  await edit.getByLabel("slots").fill("8");
  assert.equal(await edit.getByLabel("serial").count(), 0);
  await edit.getByRole("button", { name: "Save" }).click();
  await edit.waitFor({ state: "hidden" });
  const [stored] = (await admin.get("/api/endpoints/devices/scim/v2/Devices")).body.Resources;
  assert.deepEqual(
    [stored.serial, stored.slots, stored.tags, stored.owner.value, stored.fact77],
    ["S1", 8, ["lab"], owner, "blue"],
  );
  assert.equal(stored.retiredAt, new Date("2026-12-02T10:00:00").toISOString());
  await goTo(page, "#/endpoints/devices/Devices?sort=-slots");
  await page.getByRole("table", { name: "Devices" }).getByRole("link", { name: "S1" }).waitFor();
});
