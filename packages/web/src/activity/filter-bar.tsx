import { Button, Select, ToggleButton } from "@fluentui/react-components";
import { DismissRegular } from "@fluentui/react-icons/svg/dismiss";
import { EditRegular } from "@fluentui/react-icons/svg/edit";
import { LightbulbRegular } from "@fluentui/react-icons/svg/lightbulb";
import { WarningRegular } from "@fluentui/react-icons/svg/warning";
import type { RefObject } from "react";
import type { ExchangeSummary } from "../api/types.ts";
import { FIELDS, type Filter, isFiltered, KINDS, SPANS, withValue } from "./filter.ts";
import styles from "./filter-bar.module.css";
import { QueryBox } from "./query-box.tsx";
import { SavedFilters } from "./saved-filters.tsx";

type FilterBarProps = {
  readonly filter: Filter;
  /** What the feed shows. */
  readonly rows: readonly ExchangeSummary[];
  readonly onChange: (filter: Filter) => void;
  readonly field: RefObject<HTMLInputElement | null>;
};

const TOGGLES = [
  ["findings", "Findings", <LightbulbRegular />, undefined],
  ["failures", "Failures", <WarningRegular />, "f"],
  ["changes", "Changes", <EditRegular />, "c"],
] as const;

/** Selects what the feed shows. Values that somebody clicked on are chips. */
export function FilterBar({ filter, rows, onChange, field }: FilterBarProps) {
  const set = (name: keyof Filter, value: string) => onChange(withValue(filter, name, value));
  const chips = FIELDS.filter(({ member }) => isChip(member, filter[member]));
  const { endpoint } = filter;
  return (
    <search className={styles.bar} aria-label="Filter">
      <QueryBox {...{ filter, rows, onChange, field }} />
      <div className={styles.controls}>
        {TOGGLES.map(([show, label, icon, key]) => (
          <ToggleButton
            key={show}
            icon={icon}
            checked={filter.show === show}
            aria-keyshortcuts={key}
            onClick={() => set("show", filter.show === show ? "" : show)}
          >
            {label}
          </ToggleButton>
        ))}
        <Choice label="Kind" value={filter.kind} options={KINDS} onChange={(value) => set("kind", value)} />
        <Choice label="Time" value={filter.within} options={SPANS} onChange={(value) => set("within", value)} />
        <SavedFilters {...{ filter, onChange }} />
        {chips.map(({ member, label }) => (
          <Button
            key={member}
            size="small"
            shape="circular"
            iconPosition="after"
            icon={<DismissRegular />}
            title={`${label}: ${filter[member]}. Click to remove this filter.`}
            onClick={() => set(member, "")}
          >
            <span className={styles.chip}>
              {label}: {chipText(member, filter[member] ?? "", rows)}
            </span>
          </Button>
        ))}
        {isFiltered(filter) && (
          <Button
            size="small"
            appearance="transparent"
            onClick={() => onChange(endpoint === undefined ? {} : { endpoint })}
          >
            Clear
          </Button>
        )}
      </div>
    </search>
  );
}

type ChoiceProps = {
  readonly label: string;
  readonly value: string | undefined;
  readonly options: readonly (readonly [value: string, label: string])[];
  readonly onChange: (value: string) => void;
};

function Choice({ label, value = "", options, onChange }: ChoiceProps) {
  return (
    <Select
      className={styles.choice}
      aria-label={label}
      value={value}
      onChange={(_event, data) => onChange(data.value)}
    >
      {options.map(([option, text]) => (
        <option key={option} value={option}>
          {text}
        </option>
      ))}
      {options.every(([option]) => option !== value) && <option value={value}>{value}</option>}
    </Select>
  );
}

/** The endpoint and the usual kinds have controls of their own. */
function isChip(member: keyof Filter, value: string | undefined): boolean {
  if (value === undefined || member === "endpoint") return false;
  return member !== "kind" || KINDS.every(([kind]) => kind !== value);
}

/** The name of a resource says more than its ID. */
function chipText(member: keyof Filter, value: string, rows: readonly ExchangeSummary[]): string {
  const named = member === "resource" ? rows[0]?.resources.find(({ id }) => id === value) : undefined;
  return named?.label ?? value;
}
