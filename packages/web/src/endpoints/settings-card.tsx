import { Button, Field, Input, Select, Switch, Textarea } from "@fluentui/react-components";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf } from "../api/client.ts";
import { endpointsQuery, queryClient } from "../api/queries.ts";
import type { Endpoint, JsonObject } from "../api/types.ts";
import { ChangesTable } from "../resources/changes-table.tsx";
import { useMayChange } from "../session/session.ts";
import { ErrorBar } from "../shared/error-bar.tsx";
import { JsonText, laidOutJson } from "../shared/json-text.tsx";
import { Loaded } from "../shared/loaded.tsx";
import pageStyles from "../shared/page.module.css";
import { useToast } from "../shared/toast.tsx";
import styles from "./endpoints.module.css";
import {
  groupsOf,
  mergePatch,
  type SettingsField,
  type SettingsGroup,
  settingsGuideQuery,
  textOf,
  textsOf,
  valueAt,
} from "./settings-guide.ts";

/** How an endpoint behaves. Only what was changed is sent. */
export function SettingsCard({ endpoint }: { readonly endpoint: Endpoint }) {
  return (
    <Loaded query={useQuery(settingsGuideQuery)} lines={24}>
      {(guide) => <SettingsForm endpoint={endpoint} groups={groupsOf(guide.schema)} />}
    </Loaded>
  );
}

type SettingsFormProps = { readonly endpoint: Endpoint; readonly groups: readonly SettingsGroup[] };

function SettingsForm({ endpoint, groups }: SettingsFormProps) {
  const before = textsOf(groups, endpoint);
  const [values, setValues] = useState(before);
  const mayChange = useMayChange();
  const { say } = useToast();
  const patch = mergePatch(groups, before, values);
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
  /** Of a setting that is not set, the default may depend on others. */
  const defaultOf = ({ path, schema }: SettingsField) =>
    before[path] === undefined ? textOf(valueAt(endpoint.inForce as JsonObject, path)) : textOf(schema.default);
  const changed = groups.flatMap(({ fields }) => fields).filter(({ path }) => values[path] !== before[path]);
  return (
    <form
      className={pageStyles.card}
      aria-label="Settings"
      onSubmit={(event) => {
        event.preventDefault();
        if (isChanged) save.mutate();
      }}
    >
      {groups.map(({ heading, fields }) => (
        <section key={heading} className={styles.form}>
          <h2>{heading}</h2>
          <div className={styles.grid}>
            {fields.map((field) => (
              <SettingField
                key={field.path}
                field={field}
                value={values[field.path]}
                ofDefault={defaultOf(field)}
                isDisabled={!mayChange}
                onChange={(value) => setValues({ ...values, [field.path]: value })}
              />
            ))}
          </div>
        </section>
      ))}
      {isChanged && (
        <section className={styles.form} aria-label="Changes">
          <h2>Changes</h2>
          <ChangesTable
            rows={changed.map((field) => ({
              path: field.path,
              name: field.label,
              before: [before[field.path] ?? defaultText(defaultOf(field))],
              after: [values[field.path] ?? defaultText(defaultOf(field))],
            }))}
          />
        </section>
      )}
      <ErrorBar error={save.error} />
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

function defaultText(text: string | undefined): string {
  return text === undefined ? "default" : `${text.replaceAll("\n", ", ")} (default)`;
}

type SettingFieldProps = {
  readonly field: SettingsField;
  /** undefined: the default. */
  readonly value: string | undefined;
  readonly ofDefault: string | undefined;
  readonly isDisabled: boolean;
  readonly onChange: (value: string | undefined) => void;
};

function SettingField({ field, value, ofDefault, isDisabled, onChange }: SettingFieldProps) {
  const { label, schema } = field;
  const reset =
    ofDefault === undefined || schema.type === "array" ? "Reset to default" : `Reset to default: ${ofDefault}`;
  return (
    <div className={styles.setting}>
      <Field label={label} hint={schema.description?.replace(/^false: /, "Off: ")}>
        <Control
          field={field}
          text={value ?? ofDefault ?? ""}
          isDisabled={isDisabled}
          onChange={(text) => onChange(text === "" || text === ofDefault ? undefined : text)}
        />
      </Field>
      {value !== undefined && !isDisabled && (
        <Button size="small" appearance="subtle" aria-label={`${reset} (${label})`} onClick={() => onChange(undefined)}>
          {reset}
        </Button>
      )}
    </div>
  );
}

type ControlProps = {
  readonly field: SettingsField;
  readonly text: string;
  readonly isDisabled: boolean;
  readonly onChange: (text: string) => void;
};

/** Takes the id and description that Fluent's Field gives its child. */
function Control({ field: { schema, options }, text, isDisabled, onChange, ...ofField }: ControlProps) {
  if (options !== undefined) {
    return (
      <Select {...ofField} value={text} disabled={isDisabled} onChange={(_event, data) => onChange(data.value)}>
        {text === "" && <option value="">Default</option>}
        {Object.entries(options).map(([option, label]) => (
          <option key={option} value={option}>
            {label}
          </option>
        ))}
      </Select>
    );
  }
  if (schema.type === "boolean") {
    return (
      <Switch
        {...ofField}
        checked={text === "true"}
        disabled={isDisabled}
        onChange={(_event, { checked }) => onChange(String(checked))}
      />
    );
  }
  if (schema.type === "array") {
    return (
      <Textarea
        {...ofField}
        value={text}
        rows={4}
        disabled={isDisabled}
        textarea={{ spellCheck: false, className: styles.code ?? "" }}
        onChange={(_event, data) => onChange(data.value)}
      />
    );
  }
  return (
    <Input
      {...ofField}
      type={schema.type === "string" ? "text" : "number"}
      step="any"
      value={text}
      placeholder="No limit"
      disabled={isDisabled}
      onChange={(_event, data) => onChange(data.value)}
    />
  );
}
