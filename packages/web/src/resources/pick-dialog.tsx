import { Button, Checkbox, Input } from "@fluentui/react-components";
import { DismissRegular } from "@fluentui/react-icons/svg/dismiss";
import { SearchRegular } from "@fluentui/react-icons/svg/search";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { Reference } from "../api/types.ts";
import { FormDialog } from "../shared/form-dialog.tsx";
import { shortText } from "../shared/short-text.ts";
import styles from "./resource.module.css";
import { useResourceSearch } from "./resource-search.ts";

type PickDialogProps = {
  readonly endpoint: string;
  readonly title: string;
  /** On the button. */
  readonly action: string;
  /** Names of the resource types to pick from. */
  readonly types: readonly string[];
  readonly onPick: (picked: readonly Reference[]) => Promise<unknown>;
  readonly onClose: () => void;
};

/** Picks several resources by searching for one after the other. */
export function PickDialog({ endpoint, title, action, types, onPick, onClose }: PickDialogProps) {
  const [text, setText] = useState("");
  const [picked, setPicked] = useState<readonly Reference[]>([]);
  const found = useResourceSearch(endpoint, types, text);
  const submission = useMutation({ mutationFn: () => onPick(picked), onSuccess: onClose });
  const isPicked = (id: string) => picked.some((each) => each.id === id);
  const set = (resource: Reference, isWanted: boolean) =>
    setPicked(isWanted ? [...picked, resource] : picked.filter(({ id }) => id !== resource.id));
  return (
    <FormDialog
      title={title}
      action={picked.length > 1 ? `${action} ${picked.length}` : action}
      submission={submission}
      isDisabled={picked.length === 0}
      onClose={onClose}
    >
      {picked.length > 0 && (
        <ul className={styles.picked} aria-label="Picked">
          {picked.map((resource) => (
            <li key={resource.id}>
              <Button
                size="small"
                shape="circular"
                icon={<DismissRegular />}
                iconPosition="after"
                aria-label={`Do not pick ${shortText(resource.label)}`}
                onClick={() => set(resource, false)}
              >
                <bdi>{shortText(resource.label, 40)}</bdi>
              </Button>
            </li>
          ))}
        </ul>
      )}
      <Input
        type="search"
        aria-label="Search"
        placeholder="Search names, external IDs and IDs"
        contentBefore={<SearchRegular />}
        value={text}
        onChange={(_event, { value }) => setText(value)}
        onKeyDown={(event) => {
          // It searches while somebody types.
          if (event.key === "Enter") event.preventDefault();
        }}
      />
      <ul className={styles.found} aria-label="Found">
        {found.map((resource) => (
          <li key={resource.id}>
            <Checkbox
              label={<FoundName resource={resource} isSeveral={types.length > 1} />}
              checked={isPicked(resource.id)}
              onChange={(_event, { checked }) => set(resource, checked === true)}
            />
          </li>
        ))}
      </ul>
    </FormDialog>
  );
}

type FoundNameProps = { readonly resource: ReturnType<typeof useResourceSearch>[number]; readonly isSeveral: boolean };

function FoundName({ resource: { type, label, note }, isSeveral }: FoundNameProps) {
  return (
    <>
      <bdi>{shortText(label)}</bdi>{" "}
      <span className={styles.soft}>{[isSeveral ? type : "", note ?? ""].filter(Boolean).join(" · ")}</span>
    </>
  );
}
