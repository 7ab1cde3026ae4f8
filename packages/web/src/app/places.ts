import type { FluentIcon } from "@fluentui/react-icons";
import { BeakerRegular } from "@fluentui/react-icons/svg/beaker";
import { DatabaseRegular } from "@fluentui/react-icons/svg/database";
import { PeopleRegular } from "@fluentui/react-icons/svg/people";
import { PeopleTeamRegular } from "@fluentui/react-icons/svg/people-team";
import { PlugConnectedRegular } from "@fluentui/react-icons/svg/plug-connected";
import { PulseRegular } from "@fluentui/react-icons/svg/pulse";
import { ServerRegular } from "@fluentui/react-icons/svg/server";

export type Place = {
  readonly name: string;
  /** As the address has it. */
  readonly path: string;
  readonly icon: FluentIcon;
  /** Pressed after `g`. */
  readonly key: string;
  /** Name of the resource type whose number stands beside it. */
  readonly type?: string;
};

/** Where one can go, in the order of the navigation. */
export function placesOf(endpoint: string): readonly Place[] {
  const base = `/endpoints/${encodeURIComponent(endpoint)}`;
  return [
    { name: "Activity", path: "/", icon: PulseRegular, key: "a" },
    { name: "Users", path: `${base}/Users`, icon: PeopleRegular, key: "u", type: "User" },
    { name: "Groups", path: `${base}/Groups`, icon: PeopleTeamRegular, key: "g", type: "Group" },
    { name: "Endpoints", path: "/endpoints", icon: PlugConnectedRegular, key: "e" },
    { name: "Workbench", path: "/workbench", icon: BeakerRegular, key: "w" },
    { name: "Storage", path: "/storage", icon: DatabaseRegular, key: "s" },
    { name: "Server", path: "/server", icon: ServerRegular, key: "v" },
  ];
}
