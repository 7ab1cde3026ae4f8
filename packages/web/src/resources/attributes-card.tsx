import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import type { Json, JsonObject, ScimResource } from "../api/types.ts";
import { CopyButton } from "../shared/copy-button.tsx";
import { JsonText, laidOutJson } from "../shared/json-text.tsx";
import pageStyles from "../shared/page.module.css";
import { Ago, ExactTime } from "../shared/time.tsx";
import type { Attribute, TypeDefinition } from "./definition.ts";
import styles from "./resource.module.css";

/** Shown elsewhere on the page, or of no use to people. */
const LEFT_OUT = new Set(["schemas", "id", "meta", "groups", "members"]);

const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?$/;

type AttributesCardProps = {
  readonly endpoint: string;
  /** undefined while it loads. */
  readonly definition: TypeDefinition | undefined;
  readonly resource: ScimResource;
};

/** The attributes of a resource in the order of their schemas, those of extensions below the extension's name. */
export function AttributesCard({ endpoint, definition, resource }: AttributesCardProps) {
  const [isJson, setIsJson] = useState(false);
  const entries = Object.entries(resource).filter(([name]) => !LEFT_OUT.has(name));
  const own = entries.filter(([name]) => !name.startsWith("urn:"));
  const extensions = entries.filter(([name]) => name.startsWith("urn:"));
  const text = isJson ? (laidOutJson(JSON.stringify(resource)) ?? "") : "";
  const { created, lastModified } = (resource["meta"] ?? {}) as { created?: string; lastModified?: string };
  return (
    <section className={pageStyles.card} aria-labelledby="attributes-heading">
      <div className={styles.cardHead}>
        <h2 id="attributes-heading">Attributes</h2>
        <button type="button" className={styles.toggle} onClick={() => setIsJson(!isJson)}>
          {isJson ? "Show as a table" : "Full JSON"}
        </button>
        {isJson && <CopyButton label="Copy" text={text} />}
      </div>
      {isJson ? (
        <JsonText text={text} isJson />
      ) : (
        <>
          <Attributes entries={own} schema={definition?.attributes} endpoint={endpoint} />
          {extensions.map(([urn, value]) => {
            const schema = definition?.extensions.find((each) => each.urn === urn)?.attributes;
            return (
              <div key={urn}>
                <h3 title={urn}>{extensionName(urn)}</h3>
                <Attributes entries={Object.entries(value as JsonObject)} schema={schema} endpoint={endpoint} />
              </div>
            );
          })}
        </>
      )}
      {created !== undefined && (
        <p className={styles.soft}>
          Created <Ago iso={created} />
          {lastModified !== undefined && (
            <>
              , changed <Ago iso={lastModified} />
            </>
          )}
        </p>
      )}
    </section>
  );
}

type AttributesProps = {
  readonly entries: readonly (readonly [string, Json])[];
  readonly schema: readonly Attribute[] | undefined;
  readonly endpoint: string;
};

function Attributes({ entries, schema = [], endpoint }: AttributesProps) {
  const byName = new Map(schema.map((attribute, index) => [attribute.name, { index, ...attribute }]));
  const indexOf = (name: string) => byName.get(name)?.index ?? schema.length;
  return (
    <dl className={styles.attributes}>
      {entries
        .toSorted(([a], [b]) => indexOf(a) - indexOf(b))
        .map(([name, value]) => (
          <div key={name}>
            <dt title={byName.get(name)?.description}>{name}</dt>
            <dd>
              <Value value={value} endpoint={endpoint} />
            </dd>
          </div>
        ))}
    </dl>
  );
}

/** "enterprise" of `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User`. */
function extensionName(urn: string): string {
  const parts = urn.split(":");
  const at = parts.indexOf("extension");
  return (at >= 0 ? parts[at + 1] : parts.at(-2)) ?? urn;
}

function Value({ value, endpoint }: { readonly value: Json; readonly endpoint: string }): ReactNode {
  if (typeof value === "string") return isTime(value) ? <ExactTime iso={value} /> : <bdi>{value}</bdi>;
  if (value === null || typeof value !== "object") return String(value);
  if (Array.isArray(value)) {
    return (
      <ul>
        {value.map((each: Json) => (
          <li key={JSON.stringify(each)}>
            <Value value={each} endpoint={endpoint} />
          </li>
        ))}
      </ul>
    );
  }
  return <Complex value={value as JsonObject} endpoint={endpoint} />;
}

function isTime(text: string): boolean {
  return DATE_TIME.test(text) && !Number.isNaN(Date.parse(text));
}

/** A complex value by its main part, which links what it refers to, with the rest in brackets. */
function Complex({ value: { $ref, ...parts }, endpoint }: { readonly value: JsonObject; readonly endpoint: string }) {
  const { value, display, displayName, formatted, type, primary, ...others } = parts;
  const main = [display, displayName, formatted, value].find((part) => typeof part === "string" && part !== "");
  if (typeof main === "string" && Object.keys(others).length === 0) {
    const beside = [type, primary === true && "primary"].filter((part) => typeof part === "string");
    const path = pathOf($ref, value);
    return (
      <>
        {path === undefined || typeof value !== "string" ? (
          <bdi>{main}</bdi>
        ) : (
          <Link to="/endpoints/$endpoint/$type/$id" params={{ endpoint, type: path, id: value }}>
            <bdi>{main}</bdi>
          </Link>
        )}
        {beside.length > 0 && ` (${beside.join(", ")})`}
      </>
    );
  }
  return (
    <ul>
      {Object.entries(parts).map(([name, part]) => (
        <li key={name}>
          <span className={styles.soft}>{name} </span>
          <Value value={part} endpoint={endpoint} />
        </li>
      ))}
    </ul>
  );
}

/** Path of the type that a value refers to (RFC 7643 §2.4, `$ref`). */
function pathOf($ref: Json | undefined, id: Json | undefined): string | undefined {
  const [, path, end] = typeof $ref === "string" ? (/(?:^|\/)(Users|Groups)\/([^/?#]+)$/.exec($ref) ?? []) : [];
  return typeof id === "string" && encodeURIComponent(id) === end ? path : undefined;
}
