import { Switch } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf } from "../api/client.ts";
import pageStyles from "../shared/page.module.css";
import styles from "./server.module.css";

/** The server's settings, and where each value comes from. */
export function SettingsCard() {
  const { data } = useQuery({
    queryKey: ["server-settings"],
    queryFn: async ({ signal }) => (await dataOf(api.GET("/api/settings", { signal }))).settings,
  });
  const [isChangedOnly, setIsChangedOnly] = useState(false);
  const settings = (data ?? []).filter(({ source }) => !isChangedOnly || source !== "default");
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
      {settings.length === 0 && data !== undefined && <p>Every setting has its default.</p>}
      {settings.length > 0 && (
        <div className={styles.scrolled}>
          <table className={styles.table}>
            <thead>
              <tr>
                {["Setting", "Value", "Source", "Meaning"].map((label) => (
                  <th key={label} scope="col">
                    {label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
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
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
