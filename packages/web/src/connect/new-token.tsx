import { Button, Field } from "@fluentui/react-components";
import { KeyRegular } from "@fluentui/react-icons/svg/key";
import { useMutation, useQuery } from "@tanstack/react-query";
import { api, dataOf } from "../api/client.ts";
import { credentialsQuery, invalidateAccess } from "../endpoints/access.ts";
import { useMayChange } from "../session/session.ts";
import { CopyField } from "../shared/copy-field.tsx";
import { ErrorBar } from "../shared/error-bar.tsx";
import page from "../shared/page.module.css";
import { Ago } from "../shared/time.tsx";
import styles from "./connect.module.css";

type NewTokenProps = {
  readonly endpoint: string;
  /** Of the field at the identity provider. */
  readonly label: string;
  /** Of the identity provider, which becomes the token's label. */
  readonly name: string;
  /** A request with the new token. */
  readonly commandOf: ((token: string) => string) | undefined;
};

/** Makes a token and shows it once. */
export function NewToken({ endpoint, label, name, commandOf }: NewTokenProps) {
  const mayChange = useMayChange();
  const { data: credentials = [] } = useQuery(credentialsQuery(endpoint));
  const tokens = credentials.filter(({ kind }) => kind === "token");
  const create = useMutation({
    mutationFn: () => {
      const body = { kind: "token" as const, label: freeLabel(name, tokens) };
      return dataOf(api.POST("/api/endpoints/{name}/credentials", { params: { path: { name: endpoint } }, body }));
    },
    onSuccess: () => invalidateAccess(endpoint),
  });
  if (create.data !== undefined) {
    const { secret } = create.data;
    return (
      <>
        <CopyField
          label={label}
          text={secret}
          hint={`Saved as “${create.data.label}”. Copy it now: it is not shown again.`}
        />
        {commandOf !== undefined && (
          <CopyField label="Command that creates a first user, to try it" text={commandOf(secret)} />
        )}
      </>
    );
  }
  const last = tokens.find(({ lastUsed }) => lastUsed !== null);
  return (
    <Field label={label}>
      <div className={styles.token}>
        <Button
          appearance="primary"
          icon={<KeyRegular />}
          disabledFocusable={!mayChange || create.isPending}
          onClick={() => mayChange && create.mutate()}
        >
          Create a token
        </Button>
        <p className={page.soft}>
          {mayChange
            ? "Or use the SCIM secret that was printed at first start and saved in secrets/scim of the data folder."
            : "Viewers cannot create tokens. Ask an administrator."}
        </p>
        {tokens.length > 0 && (
          <p className={page.soft}>
            {tokens.length === 1 ? "1 token exists" : `${tokens.length} tokens exist`}
            {last?.lastUsed != null && (
              <>
                ; “{last.label}” was used <Ago iso={last.lastUsed} />
              </>
            )}
            .
          </p>
        )}
        <ErrorBar error={create.error} />
      </div>
    </Field>
  );
}

/** Labels are unique: "Okta", "Okta 2". */
function freeLabel(name: string, tokens: readonly { readonly label: string }[]): string {
  const taken = new Set(tokens.map(({ label }) => label));
  for (let number = 1; ; number++) {
    const label = number === 1 ? name : `${name} ${number}`;
    if (!taken.has(label)) return label;
  }
}
