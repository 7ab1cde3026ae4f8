import {
  Button,
  Menu,
  MenuItemRadio,
  MenuList,
  MenuPopover,
  type MenuProps,
  MenuTrigger,
} from "@fluentui/react-components";
import { DarkThemeRegular } from "@fluentui/react-icons/svg/dark-theme";
import { chooseTheme, THEME_LABELS, THEMES, useChosenTheme } from "./theme.ts";

export function ThemeMenu() {
  const chosen = useChosenTheme();
  const choose: MenuProps["onCheckedValueChange"] = (_event, { checkedItems }) => {
    const name = THEMES.find((theme) => theme === checkedItems[0]);
    if (name !== undefined) chooseTheme(name);
  };
  return (
    <Menu checkedValues={{ theme: [chosen] }} onCheckedValueChange={choose}>
      <MenuTrigger disableButtonEnhancement>
        <Button appearance="subtle" icon={<DarkThemeRegular />} aria-label="Theme" title="Theme" />
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          {THEMES.map((name) => (
            <MenuItemRadio key={name} name="theme" value={name}>
              {THEME_LABELS[name]}
            </MenuItemRadio>
          ))}
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}
