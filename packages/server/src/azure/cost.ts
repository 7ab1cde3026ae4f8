/** List prices in USD, East US, Consumption plan. */
export const PRICES = {
  /** One idle replica with 0.5 vCPU and 1 GiB all month, after the free grant. */
  idleReplica: 10,
  /** A small database on Blob: space, and one write of the log for each change. */
  storage: 1,
  /** Private endpoint and private DNS zone. */
  privateNetwork: 8,
  /** Flexible server B1ms with 32 GiB. */
  postgres: 16,
  logPerGb: 2.76,
  registry: { Basic: 5, Standard: 20, Premium: 50 },
  /** A workspace that still gets some logs. */
  workspace: [2, 5],
  fileSharePerGb: 0.06,
  publicIp: 4,
} as const;

/** What a deployment costs a month, as text. */
export function costOf(parameters: Readonly<Record<string, unknown>>): string {
  const parts: (readonly [string, number])[] = [
    parameters["minReplicas"] === 1
      ? ["one idle replica", PRICES.idleReplica]
      : ["a replica within the free grant while it scales to zero", 0],
    ...(parameters["storage"] === "none" ? [] : [["storage", PRICES.storage] as const]),
    ...(parameters["deployPostgres"] === true ? [["PostgreSQL server", PRICES.postgres] as const] : []),
    ...(parameters["privateNetwork"] === true ? [["private network", PRICES.privateNetwork] as const] : []),
  ];
  const sum = parts.reduce((total, [, cost]) => total + cost, 0);
  const more = [
    ...(parameters["logAnalytics"] === true ? [`logs ${PRICES.logPerGb} per GB`] : []),
    ...(parameters["databaseUrl"] ? ["the PostgreSQL server"] : []),
  ];
  return `about ${sum} USD a month (${parts.map(([what, cost]) => `${what} ${cost}`).join(", ")})${more.map((text) => `, and ${text}`).join("")}`;
}
