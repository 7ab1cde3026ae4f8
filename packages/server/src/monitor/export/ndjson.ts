import { exchangeJson } from "./exchange-json.ts";
import type { Format, Surroundings } from "./format.ts";

/** A line of JSON for each exchange, with headers and bodies: for programs. */
export function ndjson({ nameOf }: Surroundings): Format {
  return {
    mediaType: "application/x-ndjson",
    extension: "ndjson",
    begin: "",
    between: "",
    end: "",
    wants: "exchanges",
    write: (exchange) => `${JSON.stringify(exchangeJson(exchange, nameOf))}\n`,
  };
}
