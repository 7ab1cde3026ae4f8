import { STATUS_CODES } from "node:http";
import { Readable } from "node:stream";
import type { FastifyInstance } from "fastify";
import { csv } from "../../../monitor/export/csv.ts";
import {
  exportText,
  FORMAT_NAMES,
  type Format,
  type FormatName,
  ndjson,
  type Surroundings,
} from "../../../monitor/export/export.ts";
import { har } from "../../../monitor/export/har.ts";
import { VERSION } from "../../../version.ts";
import { servedTo } from "../../serving.ts";
import { originOf } from "../../urls.ts";
import type { ApiOptions } from "../api.ts";
import { queryOf } from "../request.ts";
import { described, JSON_OBJECT, oneOf, partial, type RouteSchema, TEXT } from "../schema.ts";
import { filterIn, namesIn, sourceOf } from "./exchanges.ts";
import { FILTER_PARAMETERS } from "./filter.ts";

const FORMATS: Readonly<Record<FormatName, (surroundings: Surroundings) => Format>> = { ndjson, csv, har };

const QUERY = partial({
  ...FILTER_PARAMETERS,
  format: described("The file format.", { ...oneOf(...FORMAT_NAMES), default: "ndjson" }),
});

const EXPORT: RouteSchema = {
  summary: "Export the recorded exchanges",
  description:
    "All matches, the oldest first. `ndjson`: a line of JSON for each, with headers and bodies. `csv`: a line for each " +
    "sentence, for spreadsheets. `har`: HTTP Archive 1.2, for browsers and HTTP tools.",
  tags: ["Exchanges"],
  querystring: QUERY,
  response: {
    200: {
      description: "A file.",
      content: {
        "application/x-ndjson": { schema: TEXT },
        "text/csv": { schema: TEXT },
        "application/json": { schema: JSON_OBJECT },
      },
    },
  },
};

/** `/api/export` */
export function exportRoute(server: FastifyInstance, { publicUrl }: ApiOptions): void {
  // Without HEAD, which would read everything and discard it.
  server.get("/export", { schema: EXPORT, exposeHeadRoute: false }, async (request, reply) => {
    const served = servedTo(request);
    const query = await queryOf(request, QUERY);
    const nowMs = served.directory.now();
    const filter = await filterIn(query, served);
    const format = FORMATS[query.format ?? "ndjson"]({
      nameOf: namesIn(served),
      origin: originOf(request, publicUrl),
      version: VERSION,
      reasonOf: (status) => STATUS_CODES[status] ?? "",
    });
    const time = new Date(nowMs).toISOString().replaceAll(/[-:]|\.\d+/g, "");
    return reply
      .header("content-disposition", `attachment; filename="exchanges-${time}.${format.extension}"`)
      .type(format.mediaType)
      .send(Readable.from(exportText(sourceOf(served), filter, format), { objectMode: false }));
  });
}
