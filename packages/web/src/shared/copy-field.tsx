import { Field, Input } from "@fluentui/react-components";
import { CopyButton } from "./copy-button.tsx";
import styles from "./copy-field.module.css";

type CopyFieldProps = { readonly label: string; readonly text: string; readonly hint?: string };

/** A text to paste elsewhere. */
export function CopyField({ label, text, hint }: CopyFieldProps) {
  return (
    <Field label={label} {...(hint !== undefined && { hint })}>
      <Input
        readOnly
        value={text}
        input={{ className: styles.text ?? "" }}
        onFocus={({ target }) => target.select()}
        contentAfter={<CopyButton label={`Copy ${label}`} isIconOnly appearance="transparent" text={text} />}
      />
    </Field>
  );
}
