import { Button, Input, Select, ToggleButton } from "@fluentui/react-components";
import { DismissRegular } from "@fluentui/react-icons/svg/dismiss";
import { EditRegular } from "@fluentui/react-icons/svg/edit";
import { SearchRegular } from "@fluentui/react-icons/svg/search";
import { WarningRegular } from "@fluentui/react-icons/svg/warning";
import type { RefObject } from "react";
import { useTypedText } from "../shared/typed-text.ts";
import { CHIPS, type Filter, isFiltered, KINDS, SPANS } from "./filter.ts";
import styles from "./filter-bar.module.css";

type FilterBarProps = {
  readonly filter: Filter;
  readonly onChange: (filter: Filter) => void;
  readonly field: RefObject<HTMLInputElement | null>;
};

/** Selects what the feed shows. Values that somebody clicked on are chips. */
export function FilterBar({ filter, onChange, field }: FilterBarProps) {
  const set = (name: keyof Filter, value: string) => onChange(withValue(filter, name, value));
  const typed = useTypedText(filter.q ?? "", (text) => set("q", text.trim()));
  const chips = CHIPS.filter(([name]) => filter[name] !== undefined);
  const { endpoint } = filter;
  return (
    <search className={styles.bar} aria-label="Filter">
      <Input
        ref={field}
        className={styles.search}
        type="search"
        placeholder="Search names, IDs, paths, bodies"
        aria-label="Search"
        aria-keyshortcuts="/"
        autoComplete="off"
        spellCheck={false}
        contentBefore={<SearchRegular />}
        {...typed}
      />
      <ToggleButton
        icon={<WarningRegular />}
        checked={filter.show === "failures"}
        aria-keyshortcuts="f"
        onClick={() => set("show", filter.show === "failures" ? "" : "failures")}
      >
        Failures
      </ToggleButton>
      <ToggleButton
        icon={<EditRegular />}
        checked={filter.show === "changes"}
        aria-keyshortcuts="c"
        onClick={() => set("show", filter.show === "changes" ? "" : "changes")}
      >
        Changes
      </ToggleButton>
      <Choice label="Kind" value={filter.kind} options={KINDS} onChange={(value) => set("kind", value)} />
      <Choice label="Time" value={filter.within} options={SPANS} onChange={(value) => set("within", value)} />
      {chips.map(([name, label]) => (
        <Button
          key={name}
          size="small"
          shape="circular"
          iconPosition="after"
          icon={<DismissRegular />}
          title={`${label}: ${filter[name]}. Click to remove this filter.`}
          onClick={() => set(name, "")}
        >
          <span className={styles.chip}>
            {label}: {filter[name]}
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

function withValue(filter: Filter, name: keyof Filter, value: string): Filter {
  const { [name]: _, ...rest } = filter;
  return value === "" ? rest : { ...rest, [name]: value };
}
