import {
  Button,
  Field,
  Input,
  Menu,
  MenuDivider,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
} from "@fluentui/react-components";
import { BookmarkRegular } from "@fluentui/react-icons/svg/bookmark";
import { useState } from "react";
import { FormDialog } from "../shared/form-dialog.tsx";
import { type Filter, filterKey, isFiltered, readFilter } from "./filter.ts";

const KEY = "scimtool.savedFilters";

type SavedFilter = { readonly name: string; readonly filter: Filter };

function read(): readonly SavedFilter[] {
  try {
    const saved = JSON.parse(localStorage.getItem(KEY) ?? "[]") as { name: unknown; filter: object }[];
    return saved.map(({ name, filter }) => ({ name: String(name), filter: readFilter({ ...filter }) }));
  } catch {
    return [];
  }
}

type SavedFiltersProps = { readonly filter: Filter; readonly onChange: (filter: Filter) => void };

/** Filters that somebody named, in this browser. */
export function SavedFilters({ filter, onChange }: SavedFiltersProps) {
  const [saved, setSaved] = useState(read);
  const [name, setName] = useState<string>();
  const current = saved.find((each) => filterKey(each.filter) === filterKey(filter));
  const keep = (next: readonly SavedFilter[]) => {
    localStorage.setItem(KEY, JSON.stringify(next));
    setSaved(next);
  };
  const save = (wanted: string) => {
    const others = saved.filter((each) => each.name !== wanted);
    keep([...others, { name: wanted, filter }].sort((one, other) => one.name.localeCompare(other.name)));
    setName(undefined);
  };
  return (
    <>
      <Menu>
        <MenuTrigger disableButtonEnhancement>
          <Button icon={<BookmarkRegular />} title="Saved filters">
            {current?.name ?? "Saved"}
          </Button>
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            {saved.map((each) => (
              <MenuItem key={each.name} onClick={() => onChange(each.filter)}>
                {each.name}
              </MenuItem>
            ))}
            {saved.length > 0 && <MenuDivider />}
            {current === undefined ? (
              <MenuItem disabled={!isFiltered(filter)} onClick={() => setName("")}>
                Save this filter…
              </MenuItem>
            ) : (
              <MenuItem onClick={() => keep(saved.filter((each) => each !== current))}>
                Remove “{current.name}”
              </MenuItem>
            )}
          </MenuList>
        </MenuPopover>
      </Menu>
      {name !== undefined && (
        <FormDialog
          title="Save this filter"
          action="Save"
          submission={{ isPending: false, error: null, mutate: () => save(name.trim()) }}
          isDisabled={name.trim() === ""}
          onClose={() => setName(undefined)}
        >
          <Field label="Name" hint="Saved in this browser only.">
            <Input value={name} maxLength={60} onChange={(_event, { value }) => setName(value)} />
          </Field>
        </FormDialog>
      )}
    </>
  );
}
