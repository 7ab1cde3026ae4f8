import {
  Button,
  Menu,
  MenuDivider,
  MenuGroup,
  MenuGroupHeader,
  MenuItem,
  MenuItemLink,
  MenuList,
  MenuPopover,
  MenuTrigger,
} from "@fluentui/react-components";
import { KeyboardRegular } from "@fluentui/react-icons/svg/keyboard";
import { NavigationRegular } from "@fluentui/react-icons/svg/navigation";
import { PersonCircleRegular } from "@fluentui/react-icons/svg/person-circle";
import { SearchRegular } from "@fluentui/react-icons/svg/search";
import { useQuery } from "@tanstack/react-query";
import { sessionQuery } from "../api/queries.ts";
import { signOut } from "../session/session.ts";
import { useToast } from "../shared/toast.tsx";
import { Brand } from "./brand.tsx";
import { EndpointSwitcher } from "./endpoint-switcher.tsx";
import { ThemeMenu } from "./theme-menu.tsx";
import styles from "./top-bar.module.css";

type TopBarProps = {
  readonly onPalette: () => void;
  readonly onKeys: () => void;
  readonly onNavigation: () => void;
  readonly isNavigationOpen: boolean;
};

export function TopBar({ onPalette, onKeys, onNavigation, isNavigationOpen }: TopBarProps) {
  return (
    <header className={styles.bar}>
      <Button
        className={styles.menu}
        appearance="subtle"
        icon={<NavigationRegular />}
        aria-label="Navigation"
        aria-expanded={isNavigationOpen}
        onClick={onNavigation}
      />
      <Brand />
      <EndpointSwitcher />
      <Button className={styles.palette} icon={<SearchRegular />} onClick={onPalette}>
        <span className={styles.paletteText}>Go to or search</span>
        <span className={styles.shortcut} aria-hidden="true">
          Ctrl K
        </span>
      </Button>
      <div className={styles.end}>
        <Button
          className={styles.keys}
          appearance="subtle"
          icon={<KeyboardRegular />}
          aria-label="Keyboard shortcuts"
          title="Keyboard shortcuts"
          onClick={onKeys}
        />
        <ThemeMenu />
        <AccountMenu />
      </div>
    </header>
  );
}

function AccountMenu() {
  const { data: session } = useQuery(sessionQuery);
  const { sayProblem } = useToast();
  const role = session?.role === "viewer" ? "Viewer" : "Administrator";
  return (
    <Menu>
      <MenuTrigger disableButtonEnhancement>
        <Button appearance="subtle" icon={<PersonCircleRegular />} aria-label={`Account: ${role}`} title={role} />
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          <MenuGroup>
            <MenuGroupHeader>Signed in as {role.toLowerCase()}</MenuGroupHeader>
            <MenuItemLink href="/api/docs" target="_blank" rel="noopener">
              API documentation
            </MenuItemLink>
          </MenuGroup>
          <MenuDivider />
          <MenuItem onClick={() => signOut().catch(sayProblem)}>Sign out</MenuItem>
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}
