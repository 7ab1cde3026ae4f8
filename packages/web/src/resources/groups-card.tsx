import { Button, Input } from "@fluentui/react-components";
import { AddRegular } from "@fluentui/react-icons/svg/add";
import { DismissRegular } from "@fluentui/react-icons/svg/dismiss";
import { SearchRegular } from "@fluentui/react-icons/svg/search";
import { useMutation } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import type { JsonObject, Reference, ScimResource } from "../api/types.ts";
import { useMayChange } from "../session/session.ts";
import pageStyles from "../shared/page.module.css";
import { shortText } from "../shared/short-text.ts";
import { useToast } from "../shared/toast.tsx";
import { invalidateResources } from "./invalidate.ts";
import { addMembers, removeMembers } from "./member-writes.ts";
import styles from "./resource.module.css";
import { ResourceLink } from "./resource-link.tsx";

const PickDialog = lazy(async () => ({ default: (await import("./pick-dialog.tsx")).PickDialog }));

/** Lists up to this length need no search. */
const FEW = 8;

/** Path of the groups' type. */
const GROUPS = "Groups";

type GroupsCardProps = {
  readonly endpoint: string;
  readonly resource: ScimResource;
  /** Whether the resource exists now. */
  readonly isCurrent: boolean;
};

/** The groups that a resource is a member of. */
export function GroupsCard({ endpoint, resource, isCurrent }: GroupsCardProps) {
  const { id } = resource;
  const mayChange = useMayChange() && isCurrent;
  const { say, sayProblem } = useToast();
  const [text, setText] = useState("");
  const [isAdding, setIsAdding] = useState(false);
  const groups = ((resource["groups"] ?? []) as readonly JsonObject[]).map(referenceOf);
  const wanted = text.trim().toLowerCase();
  const found = groups.filter((group) => group.label.toLowerCase().includes(wanted) || group.id === text.trim());
  const remove = useMutation({
    mutationFn: async (group: Reference) => {
      await removeMembers({ endpoint, type: GROUPS, id: group.id }, [id]);
      await invalidateResources();
      say(`Removed from ${shortText(group.label)}`);
    },
    onError: sayProblem,
  });
  return (
    <section className={pageStyles.card} aria-labelledby="groups-heading">
      <div className={styles.cardHead}>
        <h2 id="groups-heading">
          Groups <span className={styles.count}>{groups.length.toLocaleString("en")}</span>
        </h2>
        {mayChange && (
          <Button size="small" icon={<AddRegular />} onClick={() => setIsAdding(true)}>
            Add to groups
          </Button>
        )}
      </div>
      {groups.length > FEW && (
        <Input
          size="small"
          type="search"
          aria-label="Search groups"
          placeholder="Search names and IDs"
          contentBefore={<SearchRegular />}
          value={text}
          onChange={(_event, { value }) => setText(value)}
        />
      )}
      {groups.length === 0 && <p className={styles.soft}>In no group</p>}
      {groups.length > 0 && found.length === 0 && <p className={styles.soft}>No match</p>}
      {found.length > 0 && (
        <ul aria-label="Groups" className={styles.groups}>
          {found.map((group) => (
            <li key={group.id}>
              <ResourceLink endpoint={endpoint} resource={group} />
              {mayChange && (
                <Button
                  size="small"
                  appearance="subtle"
                  icon={<DismissRegular />}
                  aria-label={`Remove from ${shortText(group.label)}`}
                  disabledFocusable={remove.isPending}
                  onClick={() => remove.mutate(group)}
                />
              )}
            </li>
          ))}
        </ul>
      )}
      <Suspense fallback={null}>
        {isAdding && (
          <PickDialog
            endpoint={endpoint}
            title="Add to groups"
            action="Add"
            types={["Group"]}
            onPick={async (picked) => {
              for (const group of picked) await addMembers({ endpoint, type: GROUPS, id: group.id }, [id]);
              await invalidateResources();
              say(picked.length === 1 ? `Added to ${shortText(picked[0]?.label ?? "")}` : "Added to the groups");
            }}
            onClose={() => setIsAdding(false)}
          />
        )}
      </Suspense>
    </section>
  );
}

function referenceOf({ value, display }: JsonObject): Reference {
  const id = String(value ?? "");
  return { type: "Group", id, label: typeof display === "string" ? display : id };
}
