import type { RecordedExchange } from "../../../store/exchange.ts";
import type { Format, Surroundings } from "../export.ts";

export const SURROUNDINGS: Surroundings = {
  nameOf: (endpoint) => (endpoint === 1 ? "default" : null),
  origin: "https://scim.example.com",
  version: "1.2.3",
  reasonOf: (status) => (status === 200 ? "OK" : ""),
};

/** Exchanges in a format, as a whole. */
export function written(format: Format, exchanges: readonly RecordedExchange[]): string {
  return format.begin + exchanges.map((exchange) => format.write(exchange)).join(format.between) + format.end;
}
