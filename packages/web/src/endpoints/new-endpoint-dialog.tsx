import { Field, Input, Radio, RadioGroup } from "@fluentui/react-components";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, dataOf } from "../api/client.ts";
import { endpointsQuery, queryClient } from "../api/queries.ts";
import { FormDialog } from "../shared/form-dialog.tsx";

type Profile = "tolerant" | "strict" | "interop";

const PROFILES: Readonly<Record<Profile, string>> = {
  tolerant: "Tolerant: for Entra ID, Okta and others in daily use",
  strict: "Strict: for testing a client against the RFCs",
  interop: "Interop: for testing against the interoperability draft",
};

/** Creates an endpoint and leads to its connection details. */
export function NewEndpointDialog({ onClose }: { readonly onClose: () => void }) {
  const [name, setName] = useState("");
  const [profile, setProfile] = useState<Profile>("tolerant");
  const navigate = useNavigate();
  const create = useMutation({
    mutationFn: () => dataOf(api.POST("/api/endpoints", { body: { name: name.trim(), settings: { profile } } })),
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
      isPending={create.isPending}
      error={create.error}
      isDisabled={name.trim() === ""}
      onSubmit={() => create.mutate()}
      onClose={onClose}
    >
      <Field
        label="Name"
        hint={`Lower-case letters, digits and hyphens. Base URL: ${location.origin}/scim/endpoints/${name.trim() || "…"}/v2`}
      >
        <Input value={name} autoComplete="off" onChange={(_event, { value }) => setName(value)} />
      </Field>
      <Field label="Profile">
        <RadioGroup value={profile} onChange={(_event, { value }) => setProfile(value as Profile)}>
          {Object.entries(PROFILES).map(([value, text]) => (
            <Radio key={value} value={value} label={text} />
          ))}
        </RadioGroup>
      </Field>
    </FormDialog>
  );
}
