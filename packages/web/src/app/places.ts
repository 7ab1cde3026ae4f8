import type { FluentIcon } from "@fluentui/react-icons";
import { BeakerRegular } from "@fluentui/react-icons/svg/beaker";
import { CubeRegular } from "@fluentui/react-icons/svg/cube";
import { DatabaseRegular } from "@fluentui/react-icons/svg/database";
import { PeopleRegular } from "@fluentui/react-icons/svg/people";
import { PeopleTeamRegular } from "@fluentui/react-icons/svg/people-team";
import { PlugConnectedRegular } from "@fluentui/react-icons/svg/plug-connected";
import { PulseRegular } from "@fluentui/react-icons/svg/pulse";
import { ServerRegular } from "@fluentui/react-icons/svg/server";
import { useQuery } from "@tanstack/react-query";
import { endpointsQuery } from "../api/queries.ts";
import { customTypesOf, useEndpointName } from "../shared/endpoint.ts";

export type Place = {
  readonly name: string;
  /** As the address has it. */
  readonly path: string;
  readonly icon: FluentIcon;
  /** Pressed after `g`. */
  readonly key?: string;
  /** Of a resource type: how many there are. */
  readonly count?: number | undefined;
};

/** Where one can go, in the order of the navigation. */
export function usePlaces(): readonly Place[] {
  const name = useEndpointName();
  const endpoint = useQuery(endpointsQuery).data?.find((each) => each.name === name);
  const { User, Group, ...others } = endpoint?.resources ?? {};
  const base = `/endpoints/${encodeURIComponent(name)}`;
  return [
    { name: "Activity", path: "/", icon: PulseRegular, key: "a" },
    { name: "Users", path: `${base}/Users`, icon: PeopleRegular, key: "u", count: User },
    { name: "Groups", path: `${base}/Groups`, icon: PeopleTeamRegular, key: "g", count: Group },
    ...customTypesOf(endpoint).map((type) => ({
      name: type.path,
      path: `${base}/${type.path}`,
      icon: CubeRegular,
      count: others[type.name],
    })),
    { name: "Endpoints", path: "/endpoints", icon: PlugConnectedRegular, key: "e" },
    { name: "Workbench", path: "/workbench", icon: BeakerRegular, key: "w" },
    { name: "Storage", path: "/storage", icon: DatabaseRegular, key: "s" },
    { name: "Server", path: "/server", icon: ServerRegular, key: "v" },
  ];
}
