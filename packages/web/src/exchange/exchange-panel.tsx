import { Button } from "@fluentui/react-components";
import { ChevronDownRegular } from "@fluentui/react-icons/svg/chevron-down";
import { ChevronUpRegular } from "@fluentui/react-icons/svg/chevron-up";
import { DismissRegular } from "@fluentui/react-icons/svg/dismiss";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import type { Filter } from "../activity/filter.ts";
import { exchangeQuery } from "../api/queries.ts";
import type { FeedEntry } from "../api/types.ts";
import { Loaded } from "../shared/loaded.tsx";
import { ExchangeContent } from "./exchange-content.tsx";
import styles from "./exchange-panel.module.css";

type ExchangePanelProps = {
  readonly id: number;
  /** Of its entry in the feed. */
  readonly repeats: FeedEntry["repeats"];
  /** IDs of the exchanges beside it in the feed. */
  readonly newer: number | undefined;
  readonly older: number | undefined;
  readonly onOpen: (id: number) => void;
  readonly onClose: () => void;
  readonly onFilter: (filter: Filter) => void;
};

/** One exchange beside the feed, or in its place on narrow screens. */
export function ExchangePanel({ id, repeats, newer, older, onOpen, onClose, onFilter }: ExchangePanelProps) {
  const query = useQuery(exchangeQuery(id));
  const { data, isPlaceholderData } = query;
  const body = useRef<HTMLDivElement>(null);
  useEffect(() => {
    body.current?.focus({ preventScroll: true });
    body.current?.scrollTo({ top: 0 });
  }, [id]);
  return (
    <>
      <header className={styles.head}>
        <StepButton label="Newer (k)" icon={<ChevronUpRegular />} id={newer} onOpen={onOpen} />
        <StepButton label="Older (j)" icon={<ChevronDownRegular />} id={older} onOpen={onOpen} />
        <span className={styles.title}>{data !== undefined && `${data.method} ${data.path}`}</span>
        <Button
          appearance="subtle"
          size="small"
          icon={<DismissRegular />}
          aria-label="Close"
          title="Close (Esc)"
          onClick={onClose}
        />
      </header>
      <div ref={body} tabIndex={-1} className={styles.body} aria-busy={isPlaceholderData}>
        <Loaded query={query} lines={20}>
          {(exchange) => <ExchangeContent {...{ exchange, repeats, onFilter }} />}
        </Loaded>
      </div>
    </>
  );
}

type StepButtonProps = {
  readonly label: string;
  readonly icon: React.JSX.Element;
  readonly id: number | undefined;
  readonly onOpen: (id: number) => void;
};

function StepButton({ label, icon, id, onOpen }: StepButtonProps) {
  return (
    <Button
      appearance="subtle"
      size="small"
      icon={icon}
      aria-label={label}
      title={label}
      disabledFocusable={id === undefined}
      onClick={() => id !== undefined && onOpen(id)}
    />
  );
}
