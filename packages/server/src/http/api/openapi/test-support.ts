import assert from "node:assert/strict";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { Answer, AnyJson } from "../../../testing/client.ts";

/** ISO 8601 in UTC, with milliseconds. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Compares responses with the OpenAPI document. */
export type AnswerCheck = {
  /**
   * Asserts that the document describes a response.
   * @param path from the document, with parameters in braces
   */
  readonly check: (method: string, path: string, answer: Answer) => void;
  /** Operations with a checked successful response, such as `GET /api/version`. */
  readonly seen: ReadonlySet<string>;
};

export function answerCheck(document: AnyJson): AnswerCheck {
  const ajv = new Ajv2020({ strict: false, allErrors: true, formats: { "date-time": TIME } });
  ajv.addSchema(document, "openapi");
  const seen = new Set<string>();
  return {
    seen,
    check: (method, path, answer) => {
      const operation = `${method} ${path}`;
      const described = document.paths[path]?.[method.toLowerCase()]?.responses[answer.status];
      assert.ok(described, `${operation} answered ${answer.status}, which is not described: ${answer.text}`);
      if (answer.status < 400) seen.add(operation);
      const mediaType = answer.headers["content-type"]?.split(";", 1)[0] ?? "";
      if (described.content === undefined) {
        assert.equal(answer.text, "", operation);
        return;
      }
      assert.ok(mediaType in described.content, `${operation} answered with ${mediaType}`);
      if (!/json$/.test(mediaType)) return;
      const place = [path, method.toLowerCase(), "responses", answer.status, "content", mediaType, "schema"];
      const pointer = place.map((name) => encodeURIComponent(String(name).replaceAll("~", "~0").replaceAll("/", "~1")));
      const validate = ajv.compile({ $ref: `openapi#/paths/${pointer.join("/")}` });
      assert.ok(
        validate(answer.body),
        `${operation}: ${ajv.errorsText(validate.errors)} in ${answer.text.slice(0, 2_000)}`,
      );
    },
  };
}
