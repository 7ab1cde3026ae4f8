import { Switch } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf } from "../api/client.ts";
import type { ServerSetting } from "../api/types.ts";
import { Loaded } from "../shared/loaded.tsx";
import pageStyles from "../shared/page.module.css";
import { Table } from "../shared/table.tsx";
import styles from "./server.module.css";

/** The server's settings, and where each value comes from. */
export function SettingsCard() {
  const query = useQuery({
    queryKey: ["server-settings"],
    queryFn: async ({ signal }) => (await dataOf(api.GET("/api/settings", { signal }))).settings,
  });
  const [isChangedOnly, setIsChangedOnly] = useState(false);
  return (
    <section className={`${pageStyles.card} ${styles.wide}`} aria-label="Settings">
      <div className={pageStyles.head}>
        <h2>Settings</h2>
        <Switch
          label="Only those that differ from the default"
          checked={isChangedOnly}
          onChange={(_event, { checked }) => setIsChangedOnly(checked)}
        />
      </div>
      <p className={pageStyles.soft}>Change them with a flag or a variable, and restart the server.</p>
      <Loaded query={query} lines={20}>
        {(all) => <SettingsTable settings={all.filter(({ source }) => !isChangedOnly || source !== "default")} />}
      </Loaded>
    </section>
  );
}

function SettingsTable({ settings }: { readonly settings: readonly ServerSetting[] }) {
  if (settings.length === 0) return <p>Every setting has its default.</p>;
  return (
    <div className={styles.settings}>
      <Table columns={["Setting", "Value", "Source", "Meaning"]}>
        {settings.map(({ flag, variable, description, value, source }) => (
          <tr key={flag}>
            <th scope="row">
              <code>{variable ?? flag}</code>
            </th>
            <td>{value === null ? <span className={pageStyles.soft}>not set</span> : <code>{value}</code>}</td>
            <td className={source === "default" ? pageStyles.soft : undefined}>{source}</td>
            <td className={pageStyles.soft}>{description}</td>
          </tr>
        ))}
      </Table>
    </div>
  );
}
