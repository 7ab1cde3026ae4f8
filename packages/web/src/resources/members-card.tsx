import { Button, Checkbox, Input } from "@fluentui/react-components";
import { AddRegular } from "@fluentui/react-icons/svg/add";
import { SearchRegular } from "@fluentui/react-icons/svg/search";
import { useMutation } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { lazy, Suspense, useRef, useState } from "react";
import { isReportedElsewhere, messageOf } from "../api/problem.ts";
import type { JsonObject, ScimResource } from "../api/types.ts";
import { useMayChange } from "../session/session.ts";
import pageStyles from "../shared/page.module.css";
import { ProblemCard } from "../shared/problem-card.tsx";
import { shortText } from "../shared/short-text.ts";
import { useToast } from "../shared/toast.tsx";
import { useTypedText } from "../shared/typed-text.ts";
import { type Attribute, referenceTypesOf } from "./definition.ts";
import { invalidateResources } from "./invalidate.ts";
import { type MemberQuery, useMemberPages, useMemberTotal } from "./member-pages.ts";
import { addMembers, removeMembers } from "./member-writes.ts";
import styles from "./resource.module.css";
import { ResourceLink } from "./resource-link.tsx";

const PickDialog = lazy(async () => ({ default: (await import("./pick-dialog.tsx")).PickDialog }));

const ROW_PIXELS = 32;

type MembersCardProps = {
  readonly endpoint: string;
  /** Path of the group's type. */
  readonly type: string;
  readonly group: ScimResource;
  /** The attribute `members`. */
  readonly attribute: Attribute;
};

/** The members of a group, of which only those in view are loaded: they may be a hundred thousand. */
export function MembersCard({ endpoint, type, group, attribute }: MembersCardProps) {
  const { id } = group;
  const mayChange = useMayChange();
  const { say, sayProblem } = useToast();
  const [text, setText] = useState("");
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [isAdding, setIsAdding] = useState(false);
  const version = String((group["meta"] as JsonObject | undefined)?.["version"] ?? "");
  const query: MemberQuery = { endpoint, id, version, text };
  const { data: total, error, refetch } = useMemberTotal(query);
  const typed = useTypedText("", (wanted) => setText(wanted.trim()));
  const place = { endpoint, type, id };
  const remove = useMutation({
    mutationFn: () => removeMembers(place, [...selected]),
    onSuccess: async () => {
      await invalidateResources();
      say(`Removed ${selected.size.toLocaleString("en")}`);
      setSelected(new Set());
    },
    onError: sayProblem,
  });
  const types = referenceTypesOf(attribute.subAttributes ?? []);
  return (
    <section className={pageStyles.card} aria-labelledby="members-heading">
      <div className={styles.cardHead}>
        <h2 id="members-heading">
          Members{" "}
          <span role="status" className={styles.count}>
            {total !== undefined && `${total.toLocaleString("en")}${text === "" ? "" : " found"}`}
          </span>
        </h2>
        {mayChange && selected.size > 0 && (
          <Button size="small" disabledFocusable={remove.isPending} onClick={() => remove.mutate()}>
            Remove {selected.size.toLocaleString("en")}
          </Button>
        )}
        {mayChange && (
          <Button size="small" icon={<AddRegular />} onClick={() => setIsAdding(true)}>
            Add members
          </Button>
        )}
      </div>
      {(text !== "" || (total ?? 0) > 0) && (
        <Input
          size="small"
          type="search"
          aria-label="Search members"
          placeholder="Search names, user names and IDs"
          contentBefore={<SearchRegular />}
          {...typed}
        />
      )}
      {error !== null && !isReportedElsewhere(error) && (
        <ProblemCard text={messageOf(error)} onRetry={() => void refetch()} />
      )}
      {total === 0 && <p className={styles.soft}>{text === "" ? "No members" : "No match"}</p>}
      {total !== undefined && total > 0 && (
        <MemberList {...{ query, total, selected }} onSelect={mayChange ? setSelected : undefined} />
      )}
      <Suspense fallback={null}>
        {isAdding && (
          <PickDialog
            {...{ endpoint, types }}
            title="Add members"
            action="Add"
            onPick={async (picked) => {
              const ids = picked.map((each) => each.id);
              await addMembers(place, ids);
              await invalidateResources();
              say(`Added ${ids.length.toLocaleString("en")}`);
            }}
            onClose={() => setIsAdding(false)}
          />
        )}
      </Suspense>
    </section>
  );
}

type MemberListProps = {
  readonly query: MemberQuery;
  readonly total: number;
  readonly selected: ReadonlySet<string>;
  /** undefined for people who may not change members. */
  readonly onSelect: ((selected: ReadonlySet<string>) => void) | undefined;
};

function MemberList({ query, total, selected, onSelect }: MemberListProps) {
  const scroll = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: total,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW_PIXELS,
    overscan: 10,
  });
  const items = virtual.getVirtualItems();
  const memberAt = useMemberPages(query, items[0]?.index ?? 0, items.at(-1)?.index ?? 0);
  const select = (id: string, isWanted: boolean) => {
    const next = new Set(selected);
    if (isWanted) next.add(id);
    else next.delete(id);
    onSelect?.(next);
  };
  return (
    <div ref={scroll} className={styles.members}>
      <ul aria-label="Members" style={{ height: virtual.getTotalSize() }}>
        {items.map(({ index, start }) => {
          const member = memberAt(index);
          return (
            <li
              key={index}
              aria-setsize={total}
              aria-posinset={index + 1}
              aria-busy={member === undefined}
              style={{ transform: `translateY(${start}px)` }}
            >
              {member !== undefined && onSelect !== undefined && (
                <Checkbox
                  aria-label={`Select ${shortText(member.label)}`}
                  checked={selected.has(member.id)}
                  onChange={(_event, { checked }) => select(member.id, checked === true)}
                />
              )}
              {member !== undefined && <ResourceLink endpoint={query.endpoint} resource={member} />}
            </li>
          );
        })}
      </ul>
    </div>
  );
}
