import { Button } from "@fluentui/react-components";
import { AddRegular } from "@fluentui/react-icons/svg/add";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { endpointsQuery } from "../api/queries.ts";
import type { Endpoint } from "../api/types.ts";
import { useMayChange } from "../session/session.ts";
import { CopyButton } from "../shared/copy-button.tsx";
import { customTypesOf } from "../shared/endpoint.ts";
import { Loaded } from "../shared/loaded.tsx";
import styles from "../shared/page.module.css";
import { Ago } from "../shared/time.tsx";
import { useTitle } from "../shared/title.ts";
import { EndpointHealth } from "./endpoint-health.tsx";

const NewEndpointDialog = lazy(async () => ({
  default: (await import("./new-endpoint-dialog.tsx")).NewEndpointDialog,
}));

/** Tenants, each with its own address, resources and settings. */
export function EndpointsView() {
  const query = useQuery(endpointsQuery);
  const mayChange = useMayChange();
  const [isCreating, setIsCreating] = useState(false);
  useTitle("Endpoints");
  return (
    <div className={styles.page}>
      <div className={styles.head}>
        <h1 tabIndex={-1}>Endpoints</h1>
        {mayChange && (
          <Button appearance="primary" icon={<AddRegular />} onClick={() => setIsCreating(true)}>
            New endpoint
          </Button>
        )}
      </div>
      <p className={styles.line}>
        Each endpoint has its own address, tokens, users, groups and settings.
        {(query.data?.length ?? 0) > 1 && (
          <Link to="/endpoints-comparison" search={{}}>
            Compare settings
          </Link>
        )}
      </p>
      <div className={styles.cards}>
        <Loaded query={query} lines={8}>
          {(endpoints) => endpoints.map((endpoint) => <EndpointCard key={endpoint.name} endpoint={endpoint} />)}
        </Loaded>
      </div>
      <Suspense fallback={null}>{isCreating && <NewEndpointDialog onClose={() => setIsCreating(false)} />}</Suspense>
    </div>
  );
}

function EndpointCard({ endpoint }: { readonly endpoint: Endpoint }) {
  const { name, baseUrl, created, resources, inForce } = endpoint;
  const types = [{ name: "User", path: "Users" }, { name: "Group", path: "Groups" }, ...customTypesOf(endpoint)];
  return (
    <section className={styles.card} aria-label={name}>
      <h2>
        <Link to="/endpoints/$endpoint" params={{ endpoint: name }} search={{}}>
          {name}
        </Link>
      </h2>
      <p className={styles.line}>
        <code>{baseUrl}</code>
        <CopyButton label={`Copy the base URL of ${name}`} isIconOnly text={baseUrl} />
      </p>
      <ul className={styles.links}>
        {types.map((type) => (
          <li key={type.path}>
            <Link to="/endpoints/$endpoint/$type" params={{ endpoint: name, type: type.path }} search={{}}>
              {(resources[type.name] ?? 0).toLocaleString("en")}{" "}
              {(resources[type.name] === 1 ? type.name : type.path).toLowerCase()}
            </Link>
          </li>
        ))}
        <li>
          <Link to="/" search={{ endpoint: name }}>
            Activity
          </Link>
        </li>
        <li>
          <Link to="/endpoints/$endpoint/connect" params={{ endpoint: name }}>
            Connect
          </Link>
        </li>
      </ul>
      {!inForce.active && <p>Deactivated: identity providers get 403.</p>}
      <EndpointHealth endpoint={name} />
      <p className={styles.soft}>
        Created <Ago iso={created} />
      </p>
    </section>
  );
}
