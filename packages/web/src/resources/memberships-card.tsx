import { Input } from "@fluentui/react-components";
import { SearchRegular } from "@fluentui/react-icons/svg/search";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef, useState } from "react";
import type { JsonObject, Reference } from "../api/types.ts";
import styles from "./resource.module.css";
import { ResourceLink } from "./resource-link.tsx";

const ROW_PIXELS = 30;

/** Lists up to this length need no search. */
const FEW = 8;

type MembershipsCardProps = { readonly endpoint: string; readonly type: string; readonly resource: JsonObject };

/** The groups of a user, or the members of a group, which may be a hundred thousand. */
export function MembershipsCard({ endpoint, type, resource }: MembershipsCardProps) {
  const isUser = type === "Users";
  const [text, setText] = useState("");
  const values = resource[isUser ? "groups" : "members"] as readonly JsonObject[] | undefined;
  const references = useMemo(() => (values ?? []).map((value) => referenceOf(value, isUser)), [values, isUser]);
  const found = useMemo(() => {
    const wanted = text.trim().toLowerCase();
    if (wanted === "") return references;
    return references.filter(({ label, id }) => label.toLowerCase().includes(wanted) || id === wanted);
  }, [references, text]);
  return (
    <section className={styles.card} aria-labelledby="memberships-heading">
      <div className={styles.cardHead}>
        <h2 id="memberships-heading">
          {isUser ? "Groups" : "Members"} <span className={styles.count}>{references.length.toLocaleString("en")}</span>
        </h2>
        {references.length > FEW && (
          <Input
            size="small"
            type="search"
            aria-label={isUser ? "Search groups" : "Search members"}
            placeholder="Search names and IDs"
            contentBefore={<SearchRegular />}
            value={text}
            onChange={(_event, { value }) => setText(value)}
          />
        )}
      </div>
      {references.length === 0 && <p className={styles.soft}>{isUser ? "In no group" : "No members"}</p>}
      {references.length > 0 && found.length === 0 && <p className={styles.soft}>No match</p>}
      <Members endpoint={endpoint} references={found} label={isUser ? "Groups" : "Members"} />
    </section>
  );
}

type MembersProps = { readonly endpoint: string; readonly references: readonly Reference[]; readonly label: string };

function Members({ endpoint, references, label }: MembersProps) {
  const scroll = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: references.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW_PIXELS,
    overscan: 10,
  });
  if (references.length === 0) return null;
  return (
    <div ref={scroll} className={styles.members}>
      <ul aria-label={label} style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ index, start }) => {
          const resource = references[index];
          return (
            <li
              key={index}
              aria-setsize={references.length}
              aria-posinset={index + 1}
              style={{ transform: `translateY(${start}px)` }}
            >
              {resource !== undefined && <ResourceLink endpoint={endpoint} resource={resource} />}
            </li>
          );
        })}
      </ul>
    </div>
  );
}

function referenceOf({ value, display, type }: JsonObject, isGroup: boolean): Reference {
  const id = String(value ?? "");
  return {
    type: isGroup ? "Group" : String(type ?? "User"),
    id,
    label: typeof display === "string" ? display : id,
  };
}
