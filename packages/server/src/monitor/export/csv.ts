import type { ExchangeSummary } from "../../store/exchange.ts";
import type { Reference } from "../../store/store.ts";
import { describeClient } from "../dialect/client.ts";
import { timeOf } from "./exchange-json.ts";
import type { Format, Surroundings } from "./export.ts";

const COLUMNS = [
  ...["exchange", "at", "endpoint", "kind", "sentence", "severity"],
  ...["method", "path", "query", "status", "durationUs"],
  ...["credential", "client", "clientAddress", "userAgent", "requestId", "isProbe", "findings"],
  ...["resourceType", "resourceId", "resourceLabel"],
];

/** Without it, Excel takes UTF-8 for something else. */
const BYTE_ORDER_MARK = "\uFEFF";

/**
 * A line for each sentence (RFC 4180): for spreadsheets. An exchange of which nothing is told has one line, too. Only
 * lines end in CR LF: in a value, a line break is LF.
 */
export function csv({ nameOf }: Surroundings): Format {
  const NOTHING = [{ kind: "", text: "" }];
  return {
    mediaType: "text/csv; charset=utf-8",
    extension: "csv",
    begin: BYTE_ORDER_MARK + line(COLUMNS),
    between: "",
    end: "",
    wants: "summaries",
    write: (summary) => {
      const { sentences, resources } = summary;
      const endpoint = nameOf(summary.endpoint);
      return (sentences.length === 0 ? NOTHING : sentences)
        .map(({ kind, text }) => line(valuesOf(summary, endpoint, kind, text, resources[0])))
        .join("");
    },
  };
}

function valuesOf(
  exchange: ExchangeSummary,
  endpoint: string | null,
  kind: string,
  sentence: string,
  resource: Reference | undefined,
): string[] {
  return [
    ...[String(exchange.id), timeOf(exchange), endpoint ?? "", kind, sentence, exchange.severity],
    ...[exchange.method, exchange.path, exchange.query, String(exchange.status), String(exchange.durationUs)],
    ...[exchange.credential ?? "", describeClient(exchange), exchange.clientAddress, exchange.userAgent],
    ...[exchange.requestId, String(exchange.isProbe), exchange.findings.map(({ kind }) => kind).join(" ")],
    ...[resource?.type ?? "", resource?.id ?? "", resource?.label ?? ""],
  ];
}

function line(values: readonly string[]): string {
  return `${values.map((value) => quoted(withoutFormula(value))).join(",")}\r\n`;
}

/**
 * Makes text of what a spreadsheet would take for a formula, which may do anything. Anybody who can send a request can
 * write a value. Where the separator is set to a semicolon or a tab, a cell may also begin in the middle of a value.
 */
function withoutFormula(value: string): string {
  return value.replaceAll(/\r\n?/g, "\n").replaceAll(/(?<=^|[;\t\n])((?:[^\S\t\n]|")*)(?=[=+\-@＝＋－＠])/g, "$1'");
}

function quoted(value: string): string {
  return /[",;\t\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
