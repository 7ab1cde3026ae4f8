import { Button, Menu, MenuItemLink, MenuList, MenuPopover, MenuTrigger } from "@fluentui/react-components";
import { ArrowDownloadRegular } from "@fluentui/react-icons/svg/arrow-download";
import { apiQuery, type Filter, queryText } from "./filter.ts";

const FORMATS: readonly (readonly [format: string, label: string])[] = [
  ["csv", "CSV, for spreadsheets"],
  ["har", "HAR, for developer tools"],
  ["ndjson", "NDJSON, for scripts"],
];

/** Downloads everything that matches the filter. */
export function ExportMenu({ filter }: { readonly filter: Filter }) {
  return (
    <Menu>
      <MenuTrigger disableButtonEnhancement>
        <Button size="small" appearance="subtle" icon={<ArrowDownloadRegular />}>
          Export
        </Button>
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          {FORMATS.map(([format, label]) => (
            <MenuItemLink key={format} href={`/api/export?${exportQuery(filter, format)}`} download>
              {label}
            </MenuItemLink>
          ))}
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}

function exportQuery(filter: Filter, format: string): URLSearchParams {
  const query = queryText(apiQuery(filter));
  query.set("format", format);
  return query;
}
