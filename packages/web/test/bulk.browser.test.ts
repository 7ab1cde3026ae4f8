import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { assertFits } from "../../server/src/http/page/testing/browser.ts";
import { startApplication } from "../../server/src/testing/application.ts";
import { assertAccessible, goTo, startPage } from "./page.ts";

const CORE = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";

const server = await startApplication();
const { client } = server;
await client.post("/Users", { schemas: [CORE], userName: "taken@example.com" });
const { page } = await startPage(server, { hash: "#/endpoints/default/Users" });

const count = (text: string) => page.getByRole("status").getByText(text, { exact: true });
const act = async (item: string) => {
  await page.getByRole("button", { name: /^Actions/ }).click();
  await page.getByRole("menuitem", { name: item, exact: true }).click();
};

async function found(filter: string) {
  return (await client.get(`/Users?filter=${encodeURIComponent(filter)}`)).body.Resources;
}

/** 250 people, of whom one exists already. */
function csv(): string {
  const rows = Array.from({ length: 250 }, (_, index) => {
    const name = index === 7 ? "taken" : `p${String(index).padStart(3, "0")}`;
    return `${name}@example.com,"Person, ${index}",${name}@work.example,${index % 2 === 0},Sales,x`;
  });
  return ["userName,name.givenName,emails.work,active,department,shoe", ...rows].join("\r\n");
}

test("people are created from a CSV file, after a preview; failed rows come back as CSV", async () => {
  await act("Import a CSV or JSON file");
  const dialog = page.getByRole("alertdialog", { name: "Import users" });
  await dialog
    .getByLabel("File")
    .setInputFiles({ name: "people.csv", mimeType: "text/csv", buffer: Buffer.from(csv()) });
  await dialog.getByText("250 rows").waitFor();
  await dialog.getByText(/left out: shoe\./).waitFor();
  await dialog.getByRole("cell", { name: "p003@example.com", exact: true }).waitFor();
  await assertAccessible(page);
  await dialog.getByRole("button", { name: "Create 250" }).click();
  await dialog.getByText("249 of 250 done, 1 failed").waitFor();
  await dialog
    .getByRole("listitem")
    .getByText(/taken@example.com.*is taken/)
    .waitFor();
  const waiting = page.waitForEvent("download");
  await dialog.getByRole("button", { name: "Download failed rows" }).click();
  const text = await readFile((await (await waiting).path()) ?? "", "utf8");
  const [head, row, ...others] = text.split("\r\n");
  assert.equal(head, "userName,name.givenName,emails.work,active,department,shoe,error");
  assert.match(row ?? "", /^taken@example.com,"Person, 7",taken@work.example,false,Sales,x,"userName ""taken@/);
  assert.deepEqual(others, []);
  await dialog.getByRole("button", { name: "Close" }).click();
  await count("250").waitFor();
  const [{ id: _, meta: __, ...stored }] = await found('userName eq "p003@example.com"');
  assert.deepEqual(stored, {
    schemas: [CORE, ENTERPRISE],
    userName: "p003@example.com",
    name: { givenName: "Person, 3" },
    active: false,
    emails: [{ type: "work", value: "p003@work.example" }],
    [ENTERPRISE]: { department: "Sales" },
  });
});

test("people are created from JSON; what is no list of resources is explained", async () => {
  await act("Import a CSV or JSON file");
  const dialog = page.getByRole("alertdialog", { name: "Import users" });
  await dialog.getByLabel("Or paste it here").fill("[1]");
  await dialog.getByText("The file must be a JSON array of objects.").waitFor();
  await dialog.getByLabel("Or paste it here").fill('[{ "userName": "json@example.com", "title": "Lead" }]');
  await dialog.getByRole("button", { name: "Create 1" }).click();
  await dialog.getByText("1 of 1 done").waitFor();
  await dialog.getByRole("button", { name: "Close" }).click();
  assert.equal((await found('userName eq "json@example.com"'))[0].title, "Lead");
});

test("selected people are activated; those who are active already stay as they are", async () => {
  await page.getByLabel("Search users").fill("p00");
  await count("9 found").waitFor();
  await page.getByRole("checkbox", { name: "Select Person, 0" }).check();
  await page.getByRole("checkbox", { name: "Select Person, 1" }).check();
  await assertAccessible(page);
  await act("Activate 2 selected");
  const dialog = page.getByRole("alertdialog", { name: "Activate: selected users" });
  await dialog.getByText("Will change: 1. Already active: 1.").waitFor();
  await dialog.getByRole("button", { name: "Activate (1)" }).click();
  await dialog.getByText("1 of 1 done").waitFor();
  await dialog.getByRole("button", { name: "Close" }).click();
  assert.equal((await found('userName eq "p001@example.com"'))[0].active, true);
  await page.getByRole("button", { name: "Actions", exact: true }).waitFor();
});

test("all that match a filter are added to a group, and deleted", async () => {
  const { id } = (await client.post("/Groups", { schemas: [GROUP], displayName: "Night shift" })).body;
  await page.getByLabel("Search users").fill("");
  await page.getByRole("button", { name: "SCIM filter" }).click();
  const filter = page.getByRole("combobox", { name: "SCIM filter" });
  await filter.fill('userName sw "p1" an');
  await filter.press("Enter");
  await page.getByText(/^At character 18, expected and, or/).waitFor();
  await filter.fill('userName sw "p1" and act');
  await page.getByRole("option", { name: /^active/ }).click();
  await filter.pressSequentially("eq ");
  await page.getByRole("option", { name: "true" }).click();
  await filter.press("Enter");
  await count("50 found").waitFor();
  await act("Add all 50 found to a group");
  const adding = page.getByRole("alertdialog", { name: "Add to a group: all found users" });
  await adding.getByRole("combobox", { name: "Group" }).fill("night");
  await adding.getByRole("option", { name: "Night shift" }).click();
  await adding.getByRole("button", { name: "Add to a group (50)" }).click();
  await adding.getByText("50 of 50 done").waitFor();
  await adding.getByRole("button", { name: "Close" }).click();
  assert.equal((await client.get(`/Groups/${id}`)).body.members.length, 50);
  await act("Delete all 50 found");
  const deleting = page.getByRole("alertdialog", { name: "Delete: all found users" });
  await deleting.getByText(/^Will change: 50\./).waitFor();
  await deleting.getByRole("button", { name: "Delete (50)" }).click();
  await deleting.getByText("50 of 50 done").waitFor();
  await deleting.getByRole("button", { name: "Close" }).click();
  await page.getByText("No users match.").waitFor();
});

test("the browser remembers the chosen columns; actions do not depend on them", async () => {
  await goTo(page, "#/endpoints/default/Users?q=p003");
  await count("1 found").waitFor();
  await page.getByRole("button", { name: "Columns" }).click();
  await page.getByRole("menuitemcheckbox", { name: "department" }).click();
  await page.getByRole("menuitemcheckbox", { name: "Status" }).click();
  await page.keyboard.press("Escape");
  await page.getByRole("columnheader", { name: "department" }).waitFor();
  await page.reload();
  await page.getByRole("columnheader", { name: "department" }).waitFor();
  await page.getByRole("cell", { name: "Sales" }).first().waitFor();
  await page.getByRole("checkbox", { name: "Select Person, 3" }).check();
  await act("Activate 1 selected");
  await page.getByRole("alertdialog").getByText("Will change: 1.", { exact: true }).waitFor();
  await page.getByRole("alertdialog").getByRole("button", { name: "Cancel" }).click();
  for (const width of [390, 1280]) {
    await page.setViewportSize({ width, height: 720 });
    await assertFits(page);
  }
});
