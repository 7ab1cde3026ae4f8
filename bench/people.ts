/** Fictitious users as Entra ID creates them: the same in every run, about 900 bytes each. */
const givenNames = [
  ..."Adele Alex Allan Amir Ana Béla Björn Carmen Chiara Christie Daniela Debra Diego Elif Emily Enrico Fatima".split(
    " ",
  ),
  ..."François Grady Hana Henrietta Ines Irvin Isaiah Joni José Jürgen Katarína Lee Lidia Lynne Małgorzata".split(" "),
  ..."Megan Miriam Nestor Noor Olu Patti Pradeep Priya Renée Sofía Tomás Yuki Zeynep".split(" "),
];
const familyNames = [
  ..."Alves Andersson Bennett Brânză Castro Cohen Dupont Deyoung Fernández Fischer Gupta Haas Hernández Ito".split(" "),
  ..."Jansen Johnson Kaya Kowalski Lacroix Larsen Lee López Mbeki Meyer Müller Nguyen Novák Okafor Olsen".split(" "),
  ..."Pérez Petrov Qureshi Rossi Schäfer Silva Smith Svensson Takahashi Thomsen Vance Weber Wilber Yılmaz Zhang".split(
    " ",
  ),
];
const titles = ["Account Manager", "Designer", "Engineer", "Finance Analyst", "HR Partner", "Nurse", "Store Manager"];
const departments = [
  "Engineering",
  "Finance",
  "Human Resources",
  "Legal",
  "Marketing",
  "Operations",
  "Retail",
  "Sales",
];
const places = [
  { streetAddress: "Leopoldstraße 12", locality: "München", region: "BY", postalCode: "80802", country: "DE" },
  { streetAddress: "205 108th Ave. NE", locality: "Bellevue", region: "WA", postalCode: "98004", country: "US" },
  { streetAddress: "9256 Towne Center Dr.", locality: "San Diego", region: "CA", postalCode: "92121", country: "US" },
  { streetAddress: "Rua Augusta 210", locality: "Lisboa", region: "Lisboa", postalCode: "1100-053", country: "PT" },
] as const;
const enterpriseSchema = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

export function userName(index: number): string {
  return `${asciiName(pick(givenNames, index))}.${asciiName(familyName(index))}.${index}@contoso.example`;
}

/** The body of the POST that creates user number `index`. */
export function userBody(index: number): unknown {
  const givenName = pick(givenNames, index);
  const formatted = `${givenName} ${familyName(index)}`;
  const place = pick(places, index);
  return {
    schemas: ["urn:ietf:params:scim:schemas:core:2.0:User", enterpriseSchema],
    externalId: objectId(index),
    userName: userName(index),
    active: true,
    displayName: formatted,
    name: { formatted, familyName: familyName(index), givenName },
    title: pick(titles, scatter(index, 1 << 16)),
    emails: [{ primary: true, type: "work", value: userName(index) }],
    phoneNumbers: [
      { type: "work", value: `+1 425 555 ${String(index % 10_000).padStart(4, "0")}` },
      { type: "mobile", value: `+1 206 555 ${String(scatter(index, 10_000)).padStart(4, "0")}` },
    ],
    addresses: [
      {
        primary: true,
        type: "work",
        formatted: `${place.streetAddress}, ${place.postalCode} ${place.locality}`,
        ...place,
      },
    ],
    preferredLanguage: "en-US",
    meta: { resourceType: "User" },
    roles: [],
    [enterpriseSchema]: {
      employeeNumber: String(100_000 + index),
      department: pick(departments, scatter(index, 1 << 16)),
      costCenter: `CC-${index % 97}`,
      organization: "Contoso",
    },
  };
}

/** A pseudo-random number below `limit` that depends only on `index`. */
export function scatter(index: number, limit: number): number {
  let mixed = Math.imul(index + 1, 0x9e3779b1);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return ((mixed ^ (mixed >>> 16)) >>> 0) % limit;
}

function familyName(index: number): string {
  return pick(familyNames, Math.floor(index / givenNames.length));
}

/** Like the object ID that Entra maps to `externalId`. */
function objectId(index: number): string {
  const hex = (salt: number): string =>
    scatter(index + salt, 0x7fffffff)
      .toString(16)
      .padStart(8, "0");
  const [a, b, c] = [hex(0), hex(1 << 28), index.toString(16).padStart(12, "0")];
  return `${a}-${b.slice(0, 4)}-4${b.slice(4, 7)}-8${a.slice(1, 4)}-${c}`;
}

function asciiName(name: string): string {
  return name
    .normalize("NFD")
    .replace(/ı/g, "i")
    .replace(/ł/g, "l")
    .replace(/[^A-Za-z]/g, "")
    .toLowerCase();
}

function pick<Item>(items: readonly Item[], index: number): Item {
  const item = items[index % items.length];
  if (item === undefined) throw new Error("Nothing to pick from.");
  return item;
}
