import { Button, Field, Input, MessageBar, MessageBarBody, Select, Switch } from "@fluentui/react-components";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf } from "../api/client.ts";
import { messageOf } from "../api/problem.ts";
import { endpointsQuery, queryClient } from "../api/queries.ts";
import type { Endpoint } from "../api/types.ts";
import { useMayChange } from "../session/session.ts";
import { JsonText, laidOutJson } from "../shared/json-text.tsx";
import { useToast } from "../shared/toast.tsx";
import styles from "./endpoints.module.css";
import { GROUPS, mergePatch, type SettingsField, valuesOf } from "./settings-fields.ts";

/** How an endpoint behaves. Only what was changed is sent. */
export function SettingsCard({ endpoint }: { readonly endpoint: Endpoint }) {
  const before = valuesOf(endpoint);
  const [values, setValues] = useState(before);
  const mayChange = useMayChange();
  const { say } = useToast();
  const patch = mergePatch(before, values);
  const isChanged = Object.keys(patch).length > 0;
  const save = useMutation({
    mutationFn: () => {
      const params = { path: { name: endpoint.name } };
      return dataOf(api.PATCH("/api/endpoints/{name}", { params, body: { settings: { ...patch } } }));
    },
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: endpointsQuery.queryKey });
      say("Saved");
    },
  });
  return (
    <form
      className={styles.card}
      aria-label="Settings"
      onSubmit={(event) => {
        event.preventDefault();
        if (isChanged) save.mutate();
      }}
    >
      {GROUPS.map(({ heading, fields }) => (
        <section key={heading} className={styles.form}>
          <h2>{heading}</h2>
          <div className={styles.grid}>
            {fields.map((field) => (
              <SettingField
                key={field.path}
                field={field}
                value={values[field.path] ?? ""}
                isDisabled={!mayChange}
                onChange={(value) => setValues({ ...values, [field.path]: value })}
              />
            ))}
          </div>
        </section>
      ))}
      {save.error !== null && (
        <MessageBar intent="error" layout="multiline" role="alert">
          <MessageBarBody>{messageOf(save.error)}</MessageBarBody>
        </MessageBar>
      )}
      {mayChange && (
        <div className={styles.save}>
          <Button type="submit" appearance="primary" disabledFocusable={!isChanged || save.isPending}>
            Save
          </Button>
          <Button disabledFocusable={!isChanged} onClick={() => setValues(before)}>
            Discard changes
          </Button>
        </div>
      )}
      <details>
        <summary>All settings as JSON</summary>
        <JsonText text={laidOutJson(JSON.stringify(endpoint.inForce)) ?? ""} isJson />
      </details>
    </form>
  );
}

type SettingFieldProps = {
  readonly field: SettingsField;
  readonly value: string;
  readonly isDisabled: boolean;
  readonly onChange: (value: string) => void;
};

function SettingField({ field: { label, hint, kind, options }, value, isDisabled, onChange }: SettingFieldProps) {
  return (
    <Field label={label} hint={hint}>
      {kind === "choice" ? (
        <Select value={value} disabled={isDisabled} onChange={(_event, data) => onChange(data.value)}>
          {Object.entries(options ?? {}).map(([option, text]) => (
            <option key={option} value={option}>
              {text}
            </option>
          ))}
        </Select>
      ) : kind === "switch" ? (
        <Switch
          checked={value === "true"}
          disabled={isDisabled}
          onChange={(_event, { checked }) => onChange(String(checked))}
        />
      ) : (
        <Input
          type="number"
          min={0}
          value={value}
          placeholder="No limit"
          disabled={isDisabled}
          onChange={(_event, data) => onChange(data.value)}
        />
      )}
    </Field>
  );
}
