import { useQuery } from "@tanstack/react-query";
import { definitionsQuery, type TypeDefinition } from "./definition.ts";
import { type ResourceTypeView, viewOf } from "./resource-types.ts";

type TypeView = {
  readonly view: ResourceTypeView;
  /** undefined while it loads, and if the endpoint has no such type. */
  readonly definition: TypeDefinition | undefined;
  /** Those of all types. */
  readonly definitions: readonly TypeDefinition[];
  readonly isUnknown: boolean;
};

/** @param path of a resource type: `Users` */
export function useTypeView(endpoint: string, path: string): TypeView {
  const { data } = useQuery(definitionsQuery(endpoint));
  const definition = data?.find((each) => each.path === path);
  return {
    view: viewOf(path, definition),
    definition,
    definitions: data ?? [],
    isUnknown: data !== undefined && definition === undefined,
  };
}
