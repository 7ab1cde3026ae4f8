import type { EntraUser } from "../simulate/entra-user.ts";

/** Given name, surname, job title, department, city. */
const STAFF = [
  ["Joy", "Young", "Account Manager", "Sales", "Seattle"],
  ["Adele", "Vance", "Retail Manager", "Retail", "Bellevue"],
  ["Alex", "Wilber", "Marketing Assistant", "Marketing", "San Diego"],
  ["Diego", "Siciliani", "HR Manager", "HR", "Birmingham"],
  ["Grady", "Archie", "Designer", "R&D", "Bloomington"],
  ["Isaiah", "Langer", "Sales Rep", "Sales", "Tulsa"],
  ["Lee", "Gu", "Director", "Manufacturing", "Overland Park"],
  ["Megan", "Bowen", "Marketing Manager", "Marketing", "Pittsburgh"],
  ["Nestor", "Wilke", "Director", "Operations", "Seattle"],
  ["Zoë", "O'Brien-Müller", "Geschäftsführerin", "Finance", "Zürich"],
  ["Miriam", "Graham", "VP Marketing", "Marketing", "Cairo"],
  ["陽子", "山田", "部長", "Finance", "東京"],
] as const;

/** People of a tenant. They differ in which properties they have. */
export function entraPeople(run: string): EntraUser[] {
  return STAFF.map(([givenName, surname, jobTitle, department, city], index) => ({
    objectId: crypto.randomUUID(),
    // Signs that a URL's query must escape: plus and apostrophe are allowed in user principal names.
    userPrincipalName: `${index % 3 === 0 ? "o'" : ""}user+${index}.${run}@example.com`,
    accountEnabled: true,
    isSoftDeleted: false,
    displayName: `${givenName} ${surname}`,
    givenName,
    surname,
    jobTitle,
    department,
    city,
    employeeId: String(10_000 + index),
    ...(index % 2 === 0 ? { mail: `mail${index}.${run}@example.com`, telephoneNumber: `+1 425 555 01${index}0` } : {}),
    ...(index % 3 === 0 ? { streetAddress: `${index} Main Street`, postalCode: `9800${index}`, country: "US" } : {}),
    ...(index % 4 === 0 ? { extensionAttribute1: "701984", preferredLanguage: "en-US" } : {}),
    ...(index % 5 === 0 ? { appRole: "Admin" } : {}),
  }));
}
