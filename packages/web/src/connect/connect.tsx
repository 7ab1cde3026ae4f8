import { Button, MessageBar, MessageBarBody, Tab, TabList } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { endpointsQuery } from "../api/queries.ts";
import { CopyField } from "../shared/copy-field.tsx";
import { Loaded } from "../shared/loaded.tsx";
import page from "../shared/page.module.css";
import styles from "./connect.module.css";
import { ConnectionLight } from "./connection-light.tsx";
import { NewToken } from "./new-token.tsx";
import { PROVIDERS, type ProviderName } from "./providers.tsx";

type ConnectProps = {
  readonly endpoint: string;
  /** Shows the activity instead, where this stands in its place. */
  readonly onSkip?: () => void;
};

/** How to connect an identity provider: address, token, steps, and whether its test arrived. */
export function Connect({ endpoint, onSkip }: ConnectProps) {
  const query = useQuery(endpointsQuery);
  const isSeveral = (query.data?.length ?? 0) > 1;
  return (
    <div className={`${page.page} ${styles.view}`}>
      <div className={page.head}>
        <div>
          <h1 tabIndex={-1}>Connect an identity provider{isSeveral && ` to ${endpoint}`}</h1>
          <p className={page.soft}>
            Copy the address and a token into its provisioning settings, then test the connection.
          </p>
        </div>
        {onSkip !== undefined && <Button onClick={onSkip}>Show activity</Button>}
      </div>
      <Loaded query={query} lines={22}>
        {(endpoints) => {
          const found = endpoints.find(({ name }) => name === endpoint);
          return found === undefined ? (
            <p>There is no endpoint named “{endpoint}”.</p>
          ) : (
            <Steps endpoint={endpoint} baseUrl={found.baseUrl} />
          );
        }}
      </Loaded>
    </div>
  );
}

function Steps({ endpoint, baseUrl }: { readonly endpoint: string; readonly baseUrl: string }) {
  const [name, setName] = useState<ProviderName>("entra");
  const provider = PROVIDERS[name];
  return (
    <>
      <ConnectionLight />
      <TabList
        selectedValue={name}
        onTabSelect={(_event, { value }) => setName(value as ProviderName)}
        aria-label="Identity provider"
      >
        {Object.entries(PROVIDERS).map(([key, { label }]) => (
          <Tab key={key} value={key}>
            {label}
          </Tab>
        ))}
      </TabList>
      {!baseUrl.startsWith("https:") && provider.needsHttps && (
        <MessageBar intent="warning" layout="multiline">
          <MessageBarBody>
            {provider.label} only connects by https. Put a tunnel or a reverse proxy in front of this server and start
            it with <code>--public-url https://…</code>.
          </MessageBarBody>
        </MessageBar>
      )}
      <div className={styles.columns}>
        <div className={page.card}>
          <CopyField label={provider.urlLabel} text={provider.urlOf(baseUrl)} />
          <NewToken
            key={name}
            endpoint={endpoint}
            label={provider.tokenLabel}
            name={provider.label}
            commandOf={provider.commandOf && ((token) => provider.commandOf?.(baseUrl, token) ?? "")}
          />
        </div>
        <section className={page.card} aria-labelledby="steps-heading">
          <h2 id="steps-heading">{provider.stepsHeading}</h2>
          <ol className={styles.steps}>
            {provider.steps.map((step, index) => (
              <li key={index}>{step}</li>
            ))}
          </ol>
        </section>
      </div>
    </>
  );
}
