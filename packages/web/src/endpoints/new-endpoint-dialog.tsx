import { Field, Input, Select } from "@fluentui/react-components";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, dataOf } from "../api/client.ts";
import { endpointsQuery, queryClient } from "../api/queries.ts";
import type { JsonObject } from "../api/types.ts";
import { FormDialog } from "../shared/form-dialog.tsx";
import styles from "./endpoints.module.css";
import { settingsGuideQuery, settingsIn } from "./settings-guide.ts";

/** Creates an endpoint from a preset and leads to its connection details. */
export function NewEndpointDialog({ onClose }: { readonly onClose: () => void }) {
  const [name, setName] = useState("");
  const [chosen, setChosen] = useState<string>();
  const { data: guide } = useQuery(settingsGuideQuery);
  const presets = guide?.presets ?? [];
  const preset = presets.find((each) => each.name === chosen) ?? presets[0];
  const settings = (preset?.settings ?? {}) as JsonObject;
  const navigate = useNavigate();
  const create = useMutation({
    mutationFn: () => dataOf(api.POST("/api/endpoints", { body: { name: name.trim(), settings } })),
    onSuccess: async (endpoint) => {
      onClose();
      await queryClient.invalidateQueries({ queryKey: endpointsQuery.queryKey });
      await navigate({ to: "/endpoints/$endpoint/connect", params: { endpoint: endpoint.name } });
    },
  });
  return (
    <FormDialog
      title="New endpoint"
      action="Create"
      submission={create}
      isDisabled={name.trim() === "" || preset === undefined}
      onClose={onClose}
    >
      <Field
        label="Name"
        hint={`Lower-case letters, digits and hyphens. Base URL: ${location.origin}/scim/endpoints/${name.trim() || "…"}/v2`}
      >
        <Input value={name} autoComplete="off" onChange={(_event, { value }) => setName(value)} />
      </Field>
      <Field label="Preset" hint={preset?.description}>
        <Select value={preset?.name ?? ""} onChange={(_event, { value }) => setChosen(value)}>
          {presets.map((each) => (
            <option key={each.name} value={each.name}>
              {each.label}
            </option>
          ))}
        </Select>
      </Field>
      <section aria-label="Preview">
        {Object.keys(settings).length === 0 ? (
          <p>Every setting has its default.</p>
        ) : (
          <ul className={styles.preview}>
            {settingsIn(settings).map(([path, value]) => (
              <li key={path}>
                <code>{`${path} = ${String(value)}`}</code>
              </li>
            ))}
          </ul>
        )}
        <p>You can change every setting later.</p>
      </section>
    </FormDialog>
  );
}
