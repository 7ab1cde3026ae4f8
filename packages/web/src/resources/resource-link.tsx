import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Reference } from "../api/types.ts";
import { shortText } from "../shared/short-text.ts";
import { definitionsQuery } from "./definition.ts";

/** Paths of the types that all endpoints have. */
const PATHS: Readonly<Record<string, string>> = { User: "Users", Group: "Groups" };

type ResourceLinkProps = { readonly endpoint: string | null; readonly resource: Reference };

/** Links the page of a resource, if it has one. */
export function ResourceLink({ endpoint, resource: { type, id, label } }: ResourceLinkProps) {
  const text = shortText(label === "" ? id : label);
  const { data: definitions } = useQuery({
    ...definitionsQuery(endpoint ?? ""),
    enabled: endpoint !== null && type !== "" && PATHS[type] === undefined,
  });
  const path = PATHS[type] ?? definitions?.find(({ name }) => name === type)?.path;
  if (endpoint === null || path === undefined || id === "") return <bdi title={label}>{text}</bdi>;
  return (
    <Link to="/endpoints/$endpoint/$type/$id" params={{ endpoint, type: path, id }} title={label}>
      <bdi>{text}</bdi>
    </Link>
  );
}
