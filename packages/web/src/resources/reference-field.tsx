import { Button } from "@fluentui/react-components";
import { DismissRegular } from "@fluentui/react-icons/svg/dismiss";
import { useState } from "react";
import type { Json } from "../api/types.ts";
import { SuggestInput } from "../shared/suggest-input.tsx";
import styles from "./form.module.css";
import { isObject } from "./form-value.ts";
import { suggestionOf, useResourceSearch } from "./resource-search.ts";

type ReferenceFieldProps = {
  readonly endpoint: string;
  readonly label: string;
  /** Names of the types that it may refer to. */
  readonly types: readonly string[];
  readonly value: Json | undefined;
  readonly onChange: (value: Json | undefined) => void;
};

/** Refers to another resource, which is found by a part of its name. */
export function ReferenceField({ endpoint, label, types, value, onChange }: ReferenceFieldProps) {
  const [text, setText] = useState<string>();
  const [picked, setPicked] = useState<{ readonly id: string; readonly label: string }>();
  const found = useResourceSearch(endpoint, types, text ?? "");
  const id = isObject(value) && typeof value["value"] === "string" ? value["value"] : undefined;
  const name = isObject(value) ? (value["displayName"] ?? value["display"]) : undefined;
  const shown = picked?.id === id ? picked?.label : name;
  return (
    <span className={styles.reference}>
      <SuggestInput
        aria-label={label}
        placeholder="Search names and IDs"
        value={text ?? (typeof shown === "string" ? shown : (id ?? ""))}
        onChange={(next) => setText(next)}
        onFocus={({ target }) => target.select()}
        onBlur={() => setText(undefined)}
        suggestions={text === undefined ? [] : found.map((each) => suggestionOf(each, types.length > 1))}
        picksFirst
        onPick={({ key, text: pickedLabel }) => {
          setPicked({ id: key, label: pickedLabel });
          setText(undefined);
          onChange({ value: key });
        }}
      />
      {id !== undefined && (
        <Button
          appearance="subtle"
          icon={<DismissRegular />}
          aria-label={`Remove ${label}`}
          onClick={() => onChange(undefined)}
        />
      )}
    </span>
  );
}
