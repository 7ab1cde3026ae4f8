import { Input, Select, ToggleButton } from "@fluentui/react-components";
import { DeleteRegular } from "@fluentui/react-icons/svg/delete";
import { SearchRegular } from "@fluentui/react-icons/svg/search";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useRef } from "react";
import { isReportedElsewhere, messageOf } from "../api/problem.ts";
import { useKeys } from "../shared/keys.ts";
import { ProblemCard } from "../shared/problem-card.tsx";
import { useTitle } from "../shared/title.ts";
import { useTypedText } from "../shared/typed-text.ts";
import { DeletedList } from "./deleted-list.tsx";
import { type ResourceQuery, useResourceTotal } from "./resource-pages.ts";
import { ResourceTable } from "./resource-table.tsx";
import { scimFilter, viewOf } from "./resource-types.ts";
import styles from "./resources.module.css";

const route = getRouteApi("/endpoints/$endpoint/$type");

type Search = { q?: string; sort?: string; active?: string; deleted?: string };

/** The users or groups of an endpoint, or those that were deleted. */
export function ResourcesView() {
  const { endpoint, type } = route.useParams();
  const search = route.useSearch();
  const navigate = useNavigate();
  const view = viewOf(type);
  const field = useRef<HTMLInputElement>(null);
  const { q = "", sort = view.defaultSort, active, deleted } = search;
  const isDeleted = deleted !== undefined;
  useTitle(type);
  useKeys({ "/": () => field.current?.focus() });

  const set = (changed: { [name in keyof Search]: string | undefined }) => {
    const next = Object.fromEntries(
      Object.entries({ ...search, ...changed }).filter(([, value]) => value !== undefined),
    );
    void navigate({
      to: "/endpoints/$endpoint/$type",
      params: { endpoint, type },
      search: next as Search,
      replace: true,
    });
  };
  const typed = useTypedText(q, (text) => set({ q: text.trim() || undefined }));
  const query: ResourceQuery = {
    endpoint,
    type,
    view,
    filter: scimFilter(view, q, active),
    sortBy: sort.replace(/^-/, ""),
    isDescending: sort.startsWith("-"),
  };
  return (
    <section className={styles.view} aria-labelledby="resources-heading">
      <div className={styles.head}>
        <h1 id="resources-heading" tabIndex={-1}>
          {type}
        </h1>
        {!isDeleted && <Total query={query} isFound={query.filter !== undefined} />}
      </div>
      <search className={styles.bar} aria-label="Filter">
        <Input
          ref={field}
          className={styles.search}
          type="search"
          placeholder={
            view.hasActive ? "Search names, emails, external IDs and IDs" : "Search names, external IDs and IDs"
          }
          aria-label={`Search ${type.toLowerCase()}`}
          aria-keyshortcuts="/"
          autoComplete="off"
          spellCheck={false}
          disabled={isDeleted}
          contentBefore={<SearchRegular />}
          {...typed}
        />
        {view.hasActive && (
          <Select
            aria-label="Status"
            value={active ?? ""}
            disabled={isDeleted}
            onChange={(_event, { value }) => set({ active: value || undefined })}
          >
            <option value="">Any status</option>
            <option value="true">Active</option>
            <option value="false">Inactive</option>
          </Select>
        )}
        <ToggleButton
          icon={<DeleteRegular />}
          checked={isDeleted}
          onClick={() => set({ deleted: isDeleted ? undefined : "1" })}
        >
          Deleted
        </ToggleButton>
      </search>
      {isDeleted ? (
        <DeletedList endpoint={endpoint} type={type} />
      ) : (
        <Listed
          query={query}
          sort={sort}
          onSort={(next) => set({ sort: next === view.defaultSort ? undefined : next })}
        />
      )}
    </section>
  );
}

function Total({ query, isFound }: { readonly query: ResourceQuery; readonly isFound: boolean }) {
  const { data: total, isError } = useResourceTotal(query);
  return (
    <span role="status" className={styles.count}>
      {total !== undefined && !isError && `${total.toLocaleString("en")}${isFound ? " found" : ""}`}
    </span>
  );
}

type ListedProps = {
  readonly query: ResourceQuery;
  readonly sort: string;
  readonly onSort: (sort: string) => void;
};

function Listed({ query, sort, onSort }: ListedProps) {
  const { data: total, error, refetch } = useResourceTotal(query);
  const { type } = query;
  if (error !== null && !isReportedElsewhere(error)) {
    return <ProblemCard text={messageOf(error)} onRetry={() => void refetch()} />;
  }
  if (total === 0) {
    return (
      <div className={styles.empty}>
        {query.filter === undefined
          ? `No ${type.toLowerCase()} yet. They appear when an identity provider creates them.`
          : `No ${type.toLowerCase()} match.`}
      </div>
    );
  }
  return <ResourceTable query={query} total={total ?? 0} sort={sort} onSort={onSort} />;
}
