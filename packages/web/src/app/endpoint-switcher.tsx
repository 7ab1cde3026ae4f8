import { Select } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { useMatchRoute, useNavigate, useParams } from "@tanstack/react-router";
import { endpointsQuery } from "../api/queries.ts";
import { useChosenEndpoint, useEndpointName } from "../shared/endpoint.ts";
import styles from "./endpoint-switcher.module.css";

/** Chooses the endpoint whose data is shown. There is nothing to choose with one endpoint. */
export function EndpointSwitcher() {
  const { data: endpoints = [] } = useQuery(endpointsQuery);
  const navigate = useNavigate();
  const chosen = useChosenEndpoint();
  const current = useEndpointName();
  const { type } = useParams({ strict: false });
  const isActivity = useMatchRoute()({ to: "/" }) !== false;
  const isConnect = useMatchRoute()({ to: "/endpoints/$endpoint/connect" }) !== false;
  if (endpoints.length < 2) return null;

  const choose = (endpoint: string) => {
    if (isActivity) void navigate({ to: "/", search: endpoint === "" ? {} : { endpoint } });
    else if (isConnect) void navigate({ to: "/endpoints/$endpoint/connect", params: { endpoint } });
    else void navigate({ to: "/endpoints/$endpoint/$type", params: { endpoint, type: type ?? "Users" }, search: {} });
  };
  return (
    <Select
      className={styles.switcher}
      appearance="filled-darker"
      aria-label="Endpoint"
      value={isActivity ? (chosen ?? "") : current}
      onChange={(_event, { value }) => choose(value)}
    >
      {isActivity && <option value="">All endpoints</option>}
      {endpoints.map(({ name }) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </Select>
  );
}
