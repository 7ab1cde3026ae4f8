import { Button, Menu, MenuDivider, MenuItem, MenuList, MenuPopover, MenuTrigger } from "@fluentui/react-components";
import { AddRegular } from "@fluentui/react-icons/svg/add";
import { lazy, Suspense, useState } from "react";
import type { ScimResource } from "../api/types.ts";
import { useMayChange } from "../session/session.ts";
import type { BulkAction } from "./bulk-dialog.tsx";
import { isCollection, referenceTypesOf, type TypeDefinition } from "./definition.ts";
import { type ResourceQuery, useResourceTotal } from "./resource-pages.ts";
import type { ResourceTypeView } from "./resource-types.ts";

const EditDialog = lazy(async () => ({ default: (await import("./edit-dialog.tsx")).EditDialog }));
const BulkDialog = lazy(async () => ({ default: (await import("./bulk-dialog.tsx")).BulkDialog }));
const ImportDialog = lazy(async () => ({ default: (await import("./import-dialog.tsx")).ImportDialog }));

type ActionsMenuProps = {
  readonly query: ResourceQuery;
  readonly view: ResourceTypeView;
  readonly definition: TypeDefinition;
  readonly definitions: readonly TypeDefinition[];
  readonly selected: ReadonlyMap<string, ScimResource>;
  readonly onDone: () => void;
};

/** Creates resources, and does the same with many: those selected, or all that match. */
export function ActionsMenu({ query, view, definition, definitions, selected, onDone }: ActionsMenuProps) {
  const { endpoint, type } = query;
  const mayChange = useMayChange();
  const [open, setOpen] = useState<"new" | "import" | BulkAction>();
  const { data: total = 0 } = useResourceTotal(query);
  if (!mayChange) return null;
  const isSelected = selected.size > 0;
  const count = (isSelected ? selected.size : total).toLocaleString("en");
  const found = query.filter === undefined ? type.toLowerCase() : "found";
  const concerned = isSelected ? `${count} selected` : `all ${count} ${found}`;
  const members = definitions.find(({ path }) => path === "Groups")?.attributes.find(isCollection);
  const mayBeMember = referenceTypesOf(members?.subAttributes ?? []).includes(definition.name);
  const close = () => setOpen(undefined);
  const closeBulk = () => {
    close();
    onDone();
  };
  const isBulk = open !== undefined && open !== "new" && open !== "import";
  return (
    <>
      <Menu>
        <MenuTrigger disableButtonEnhancement>
          <Button>{isSelected ? `Actions (${count})` : "Actions"}</Button>
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            <MenuItem onClick={() => setOpen("import")}>Import a CSV or JSON file</MenuItem>
            <MenuDivider />
            {view.hasActive && <MenuItem onClick={() => setOpen("activate")}>Activate {concerned}</MenuItem>}
            {view.hasActive && <MenuItem onClick={() => setOpen("deactivate")}>Deactivate {concerned}</MenuItem>}
            {mayBeMember && <MenuItem onClick={() => setOpen("add to group")}>Add {concerned} to a group</MenuItem>}
            <MenuItem onClick={() => setOpen("delete")}>Delete {concerned}</MenuItem>
          </MenuList>
        </MenuPopover>
      </Menu>
      <Button appearance="primary" icon={<AddRegular />} onClick={() => setOpen("new")}>
        New {view.one}
      </Button>
      <Suspense fallback={null}>
        {open === "new" && <EditDialog {...{ endpoint, definition }} one={view.one} onClose={close} />}
        {open === "import" && <ImportDialog {...{ endpoint, definition }} onClose={close} />}
        {isBulk && (
          <BulkDialog
            action={open}
            query={query}
            nameAttribute={view.nameAttribute}
            selected={isSelected ? [...selected.values()] : undefined}
            onClose={closeBulk}
          />
        )}
      </Suspense>
    </>
  );
}
