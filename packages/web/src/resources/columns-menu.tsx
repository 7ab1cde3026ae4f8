import { Button, Menu, MenuItemCheckbox, MenuList, MenuPopover, MenuTrigger } from "@fluentui/react-components";
import { ColumnTripleEditRegular } from "@fluentui/react-icons/svg/column-triple-edit";
import { useState } from "react";
import type { Column } from "./resource-types.ts";
import styles from "./resources.module.css";

/** The columns that somebody chose for a table, which this browser remembers. */
export function useColumns(table: string, preset: readonly Column[], all: readonly Column[]) {
  const key = `columns ${table}`;
  const [, setChanges] = useState(0);
  const chosen = storedColumns(key);
  const columns = chosen === undefined ? preset : all.filter(({ attribute }) => chosen.includes(attribute));
  const choose = (attributes: readonly string[]) => {
    const isPreset = attributes.length === preset.length && preset.every((each) => attributes.includes(each.attribute));
    if (isPreset) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(attributes));
    setChanges((count) => count + 1);
  };
  return { columns: columns.length === 0 ? preset : columns, choose };
}

function storedColumns(key: string): readonly string[] | undefined {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(key) ?? "null");
    return Array.isArray(stored) ? stored.map(String) : undefined;
  } catch {
    return undefined;
  }
}

type ColumnsMenuProps = {
  readonly columns: readonly Column[];
  readonly all: readonly Column[];
  readonly onChoose: (attributes: readonly string[]) => void;
};

export function ColumnsMenu({ columns, all, onChoose }: ColumnsMenuProps) {
  return (
    <Menu
      checkedValues={{ columns: columns.map(({ attribute }) => attribute) }}
      onCheckedValueChange={(_event, { checkedItems }) => onChoose(checkedItems)}
    >
      <MenuTrigger disableButtonEnhancement>
        <Button icon={<ColumnTripleEditRegular />}>Columns</Button>
      </MenuTrigger>
      <MenuPopover className={styles.columnsMenu}>
        <MenuList>
          {all.map(({ attribute, label, kind }) => (
            <MenuItemCheckbox
              key={attribute}
              name="columns"
              value={attribute}
              // The name leads to the resource.
              disabled={kind === "name"}
              title={attribute}
            >
              {label}
            </MenuItemCheckbox>
          ))}
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}
