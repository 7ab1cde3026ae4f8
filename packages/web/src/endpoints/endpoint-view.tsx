import { Tab, TabList } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { endpointsQuery } from "../api/queries.ts";
import type { Endpoint } from "../api/types.ts";
import { CopyButton } from "../shared/copy-button.tsx";
import { Loaded, Skeleton } from "../shared/loaded.tsx";
import styles from "../shared/page.module.css";
import { useTitle } from "../shared/title.ts";
import { CredentialsCard } from "./credentials-card.tsx";
import { DangerCard } from "./danger-card.tsx";
import { SettingsCard } from "./settings-card.tsx";
import { TrustsCard } from "./trusts-card.tsx";

const DefinitionsCard = lazy(async () => ({ default: (await import("./definitions-card.tsx")).DefinitionsCard }));

const ClientsCard = lazy(async () => ({ default: (await import("./clients-card.tsx")).ClientsCard }));

const route = getRouteApi("/endpoints/$endpoint");

const TABS = {
  credentials: "Tokens and clients",
  clients: "Client health",
  trusts: "Trusted issuers",
  settings: "Settings",
  schemas: "Schemas",
  danger: "Deactivate and delete",
};

/** On narrow screens, not all tabs are in view. */
function scrollIntoView(tab: HTMLElement | null): void {
  tab?.scrollIntoView({ block: "nearest", inline: "center" });
}

/** One endpoint: who may use it, and how it behaves. */
export function EndpointView() {
  const { endpoint: name } = route.useParams();
  const query = useQuery(endpointsQuery);
  useTitle(name);
  return (
    <div className={styles.page}>
      <nav aria-label="Breadcrumb">
        <Link to="/endpoints">Endpoints</Link>
      </nav>
      <h1 tabIndex={-1}>{name}</h1>
      <Loaded query={query} lines={12}>
        {(endpoints) => {
          const endpoint = endpoints.find((each) => each.name === name);
          return endpoint === undefined ? (
            <p>There is no endpoint with this name.</p>
          ) : (
            <EndpointTabs endpoint={endpoint} />
          );
        }}
      </Loaded>
    </div>
  );
}

function EndpointTabs({ endpoint }: { readonly endpoint: Endpoint }) {
  const { name, baseUrl } = endpoint;
  const { tab = "credentials" } = route.useSearch();
  const navigate = useNavigate();
  return (
    <>
      <p className={styles.line}>
        <code>{baseUrl}</code>
        <CopyButton label="Copy the base URL" isIconOnly text={baseUrl} />
        <Link to="/endpoints/$endpoint/connect" params={{ endpoint: name }}>
          Connect an identity provider
        </Link>
      </p>
      <TabList
        className={styles.tabs}
        selectedValue={tab}
        onTabSelect={(_event, { value }) =>
          void navigate({
            to: "/endpoints/$endpoint",
            params: { endpoint: name },
            search: { tab: String(value) },
            replace: true,
          })
        }
        aria-label="Endpoint"
      >
        {Object.entries(TABS).map(([value, label]) => (
          <Tab key={value} value={value} ref={value === tab ? scrollIntoView : undefined}>
            {label}
          </Tab>
        ))}
      </TabList>
      {tab === "credentials" && <CredentialsCard endpoint={name} />}
      {tab === "clients" && (
        <Suspense fallback={<Skeleton lines={6} />}>
          <ClientsCard endpoint={name} />
        </Suspense>
      )}
      {tab === "trusts" && <TrustsCard endpoint={name} />}
      {tab === "settings" && <SettingsCard key={JSON.stringify(endpoint.inForce)} endpoint={endpoint} />}
      {tab === "schemas" && (
        <Suspense fallback={<Skeleton lines={12} />}>
          <DefinitionsCard endpoint={endpoint} />
        </Suspense>
      )}
      {tab === "danger" && <DangerCard endpoint={endpoint} />}
    </>
  );
}
