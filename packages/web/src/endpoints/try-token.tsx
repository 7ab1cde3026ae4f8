import { Button, Field, MessageBar, MessageBarBody, MessageBarTitle, Textarea } from "@fluentui/react-components";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, dataOf } from "../api/client.ts";
import type { TriedToken } from "../api/types.ts";
import { ErrorBar } from "../shared/error-bar.tsx";
import pageStyles from "../shared/page.module.css";
import { Table } from "../shared/table.tsx";
import { ExactTime } from "../shared/time.tsx";
import styles from "./endpoints.module.css";

const VERDICTS = { fits: "OK", fails: "Wrong", unknown: "Not checked" };

/** Compares a token (JWT) with each trust, claim by claim. */
export function TryToken({ endpoint }: { readonly endpoint: string }) {
  const [token, setToken] = useState("");
  const trial = useMutation({
    mutationFn: () => {
      const params = { path: { name: endpoint } };
      return dataOf(api.POST("/api/endpoints/{name}/trusts/try", { params, body: { token: token.trim() } }));
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (token.trim() !== "" && !trial.isPending) trial.mutate();
  };
  return (
    <section className={pageStyles.card} aria-label="Try a token">
      <h2>Try a token</h2>
      <form className={styles.form} onSubmit={submit}>
        <Field label="Token (JWT)" hint="It is checked as a request would be, and not stored.">
          <Textarea
            value={token}
            rows={4}
            textarea={{ spellCheck: false, className: styles.code ?? "" }}
            onChange={(_event, { value }) => setToken(value)}
          />
        </Field>
        <div>
          <Button type="submit" disabledFocusable={token.trim() === "" || trial.isPending}>
            Check
          </Button>
        </div>
      </form>
      <ErrorBar error={trial.error} />
      {trial.data !== undefined && <Result tried={trial.data} />}
    </section>
  );
}

function Result({ tried: { accepted, by, scopes, expires, failed, trusts } }: { readonly tried: TriedToken }) {
  return (
    <>
      <MessageBar intent={accepted ? "success" : "error"} layout="multiline" role="status">
        <MessageBarBody>
          <MessageBarTitle>{accepted ? `Accepted by “${by}”` : "Rejected"}</MessageBarTitle>
          {accepted ? (
            <p>
              It allows {scopes.join(" and ")}
              {expires !== null && (
                <>
                  {" "}
                  until <ExactTime iso={expires} />
                </>
              )}
              .
            </p>
          ) : (
            failed !== null && <p>{failed.remedy}</p>
          )}
        </MessageBarBody>
      </MessageBar>
      {trusts.map(({ key, label, checks }) => (
        <section key={key} className={styles.form} aria-label={label}>
          <h3>{label}</h3>
          <Table columns={["Check", "Result", "Expected", "In the token", "Fix"]}>
            {checks.map(({ check, verdict, expected, received, remedy }) => (
              <tr key={check}>
                <th scope="row">{check.replaceAll("_", " ")}</th>
                <td className={verdict === "fails" ? styles.expired : undefined}>{VERDICTS[verdict]}</td>
                <td>{expected ?? "any"}</td>
                <td>{received ?? "–"}</td>
                <td>{remedy}</td>
              </tr>
            ))}
          </Table>
        </section>
      ))}
    </>
  );
}
