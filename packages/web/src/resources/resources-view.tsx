import { Input, Select, ToggleButton } from "@fluentui/react-components";
import { DeleteRegular } from "@fluentui/react-icons/svg/delete";
import { FilterRegular } from "@fluentui/react-icons/svg/filter";
import { SearchRegular } from "@fluentui/react-icons/svg/search";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { type ComponentProps, type ReactNode, useRef, useState } from "react";
import { isReportedElsewhere, messageOf, Problem } from "../api/problem.ts";
import { useMayChange } from "../session/session.ts";
import { useKeys } from "../shared/keys.ts";
import { ProblemCard } from "../shared/problem-card.tsx";
import { useTitle } from "../shared/title.ts";
import { useTypedText } from "../shared/typed-text.ts";
import { ActionsMenu } from "./actions-menu.tsx";
import { ColumnsMenu, useColumns } from "./columns-menu.tsx";
import { DeletedList } from "./deleted-list.tsx";
import { FilterBox, FilterProblem } from "./filter-box.tsx";
import { type ResourceQuery, useResourceTotal } from "./resource-pages.ts";
import { ResourceTable, type Selection } from "./resource-table.tsx";
import { allColumns, scimFilter } from "./resource-types.ts";
import styles from "./resources.module.css";
import { useTypeView } from "./use-type-view.ts";

const route = getRouteApi("/endpoints/$endpoint/$type");

type Search = { q?: string; sort?: string; active?: string; filter?: string; deleted?: string };

/** The resources of a type, or those that were deleted. */
export function ResourcesView() {
  const { endpoint, type } = route.useParams();
  const search = route.useSearch();
  const navigate = useNavigate();
  const mayChange = useMayChange();
  const { view, definition, definitions, isUnknown } = useTypeView(endpoint, type);
  const { q = "", sort = view.defaultSort, active, filter: written = "", deleted } = search;
  const all = allColumns(view, definition);
  const { columns, choose } = useColumns(`${endpoint}/${type}`, view.columns, all);
  const isDeleted = deleted !== undefined;
  const [isFiltering, setIsFiltering] = useState(written !== "");
  const [selected, setSelected] = useSelection(`${endpoint}/${type}`);
  useTitle(type);

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
  const query: ResourceQuery = {
    endpoint,
    type,
    columns,
    filter: scimFilter(view, q, active, written),
    sortBy: sort.replace(/^-/, ""),
    isDescending: sort.startsWith("-"),
  };
  if (isUnknown) return <ProblemCard text={`The endpoint ${endpoint} has no resource type “${type}”.`} />;
  return (
    <section className={styles.view} aria-labelledby="resources-heading">
      <div className={styles.head}>
        <h1 id="resources-heading" tabIndex={-1}>
          {type}
        </h1>
        {!isDeleted && <Total query={query} isFound={query.filter !== undefined} />}
      </div>
      <FilterBar {...{ type, search, set }} hasActive={view.hasActive}>
        <ToggleButton
          icon={<FilterRegular />}
          checked={isFiltering}
          disabled={isDeleted}
          onClick={() => {
            setIsFiltering(!isFiltering);
            if (written !== "") set({ filter: undefined });
          }}
        >
          SCIM filter
        </ToggleButton>
        {!isDeleted && <ColumnsMenu columns={columns} all={all} onChoose={choose} />}
        {definition !== undefined && !isDeleted && (
          <ActionsMenu {...{ query, view, definition, definitions, selected }} onDone={() => setSelected(new Map())} />
        )}
      </FilterBar>
      {isFiltering && !isDeleted && definition !== undefined && (
        <FilterBox
          definition={definition}
          value={written}
          onChange={(filter) => set({ filter: filter || undefined })}
        />
      )}
      {isDeleted ? (
        <DeletedList endpoint={endpoint} type={type} />
      ) : (
        <Listed
          query={query}
          {...{ written, sort, selected }}
          onSelect={mayChange ? setSelected : undefined}
          onSort={(next) => set({ sort: next === view.defaultSort ? undefined : next })}
        />
      )}
    </section>
  );
}

/** Grey rows that stand for a list until its length is known. */
const LOADING_ROWS = 15;

/** What somebody selected; nothing is selected in another list. */
function useSelection(list: string) {
  const [selection, setSelection] = useState<{ readonly list: string; readonly selected: Selection }>();
  const selected: Selection = selection?.list === list ? selection.selected : NOTHING;
  return [selected, (next: Selection) => setSelection({ list, selected: next })] as const;
}

const NOTHING: Selection = new Map();

type FilterBarProps = {
  readonly type: string;
  readonly hasActive: boolean;
  readonly search: Search;
  readonly set: (changed: { [name in keyof Search]: string | undefined }) => void;
  readonly children: ReactNode;
};

function FilterBar({ type, hasActive, search, set, children }: FilterBarProps) {
  const { q = "", active, deleted } = search;
  const field = useRef<HTMLInputElement>(null);
  const isDeleted = deleted !== undefined;
  const typed = useTypedText(q, (text) => set({ q: text.trim() || undefined }));
  useKeys({ "/": () => field.current?.focus() });
  return (
    <search className={styles.bar} aria-label="Filter">
      <Input
        ref={field}
        className={styles.search}
        type="search"
        placeholder={
          type === "Users" ? "Search names, emails, external IDs and IDs" : "Search names, external IDs and IDs"
        }
        aria-label={`Search ${type.toLowerCase()}`}
        aria-keyshortcuts="/"
        autoComplete="off"
        spellCheck={false}
        disabled={isDeleted}
        contentBefore={<SearchRegular />}
        {...typed}
      />
      {hasActive && (
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
      {children}
    </search>
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
  /** The filter that somebody wrote. */
  readonly written: string;
} & Omit<ComponentProps<typeof ResourceTable>, "total">;

function Listed({ query, written, ...table }: ListedProps) {
  const { data: total, error, refetch } = useResourceTotal(query);
  const { type } = query;
  if (error !== null && !isReportedElsewhere(error)) {
    if (written !== "" && error instanceof Problem && error.status === 400) {
      const shift = query.filter === written ? 0 : 1;
      return <FilterProblem filter={written} message={messageOf(error)} shift={shift} />;
    }
    return <ProblemCard text={messageOf(error)} onRetry={() => void refetch()} />;
  }
  if (total === 0) {
    return (
      <div className={styles.empty}>
        {query.filter === undefined ? (
          <>
            No {type.toLowerCase()} yet. They appear when an identity provider creates them.{" "}
            <Link to="/endpoints/$endpoint/connect" params={{ endpoint: query.endpoint }}>
              Connect an identity provider
            </Link>
          </>
        ) : (
          `No ${type.toLowerCase()} match.`
        )}
      </div>
    );
  }
  return <ResourceTable query={query} total={total ?? LOADING_ROWS} {...table} />;
}
