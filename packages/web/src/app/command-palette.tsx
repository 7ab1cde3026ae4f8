import { Dialog, DialogSurface, Input } from "@fluentui/react-components";
import { DarkThemeRegular } from "@fluentui/react-icons/svg/dark-theme";
import { SearchRegular } from "@fluentui/react-icons/svg/search";
import { SignOutRegular } from "@fluentui/react-icons/svg/sign-out";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type KeyboardEvent, type ReactNode, useState } from "react";
import { endpointsQuery } from "../api/queries.ts";
import { signOut } from "../session/session.ts";
import { customTypesOf, useEndpointName } from "../shared/endpoint.ts";
import { useReturnFocus } from "../shared/focus.ts";
import styles from "./command-palette.module.css";
import { usePlaces } from "./places.ts";
import { chooseTheme, THEME_LABELS, THEMES } from "./theme.ts";

type Command = { readonly name: string; readonly icon: ReactNode; readonly run: () => void };

/** Everything one can do from anywhere, by typing a part of its name. Other words are searched for. */
export function CommandPalette({ onClose }: { readonly onClose: () => void }) {
  useReturnFocus();
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState(0);
  const commands = useCommands(text.trim());
  const current = Math.min(chosen, commands.length - 1);

  const run = (command: Command | undefined) => {
    onClose();
    command?.run();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      setChosen((current + step + commands.length) % commands.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      run(commands[current]);
    }
  };

  return (
    <Dialog open onOpenChange={onClose}>
      <DialogSurface className={styles.surface} aria-label="Go to or search">
        <Input
          className={styles.field}
          size="large"
          appearance="filled-lighter"
          contentBefore={<SearchRegular />}
          placeholder="Go to a view, or search users, groups and exchanges"
          role="combobox"
          aria-label="Go to or search"
          aria-expanded="true"
          aria-controls="commands"
          aria-activedescendant={`command-${current}`}
          value={text}
          onChange={(_event, { value }) => {
            setText(value);
            setChosen(0);
          }}
          onKeyDown={onKeyDown}
        />
        <div id="commands" role="listbox" aria-label="Commands" className={styles.list}>
          {commands.map((command, index) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the field has the focus and handles the keys
            <div
              key={command.name}
              id={`command-${index}`}
              role="option"
              tabIndex={-1}
              aria-selected={index === current}
              className={styles.command}
              onClick={() => run(command)}
            >
              {command.icon}
              {command.name}
            </div>
          ))}
        </div>
      </DialogSurface>
    </Dialog>
  );
}

function useCommands(text: string): readonly Command[] {
  const navigate = useNavigate();
  const endpoint = useEndpointName();
  const { data: endpoints = [] } = useQuery(endpointsQuery);
  const isSeveral = endpoints.length > 1;
  const places = usePlaces().map(({ name, path, icon: Icon }) => ({
    name: `Go to ${name}`,
    icon: <Icon />,
    run: () => void navigate({ to: path }),
  }));
  const connects = endpoints.map(({ name }) => ({
    name: isSeveral ? `Connect an identity provider to ${name}` : "Connect an identity provider",
    icon: <SearchRegular />,
    run: () => void navigate({ to: "/endpoints/$endpoint/connect", params: { endpoint: name } }),
  }));
  const themes = THEMES.map((theme) => ({
    name: `Theme: ${THEME_LABELS[theme]}`,
    icon: <DarkThemeRegular />,
    run: () => chooseTheme(theme),
  }));
  const leave = { name: "Sign out", icon: <SignOutRegular />, run: () => void signOut() };
  const words = text.toLowerCase().split(/\s+/);
  const found = [...places, ...connects, ...themes, leave].filter(({ name }) =>
    words.every((word) => name.toLowerCase().includes(word)),
  );
  if (text === "") return found;
  const custom = customTypesOf(endpoints.find(({ name }) => name === endpoint));
  const searches = ["Users", "Groups", ...custom.map(({ path }) => path)].map((type) => ({
    name: `Search ${type.toLowerCase()} for “${text}”`,
    icon: <SearchRegular />,
    run: () => void navigate({ to: "/endpoints/$endpoint/$type", params: { endpoint, type }, search: { q: text } }),
  }));
  const activity = {
    name: `Search activity for “${text}”`,
    icon: <SearchRegular />,
    run: () => void navigate({ to: "/", search: { q: text } }),
  };
  return [...found, ...searches, activity];
}
