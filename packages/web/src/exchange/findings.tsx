import { Button } from "@fluentui/react-components";
import { ArrowUndoRegular } from "@fluentui/react-icons/svg/arrow-undo";
import { Link } from "@tanstack/react-router";
import { type ComponentProps, lazy, Suspense, useState } from "react";
import { KindIcon } from "../activity/kind-icon.tsx";
import { SentenceText } from "../activity/sentence-text.tsx";
import type { Exchange, Finding } from "../api/types.ts";
import { ResourceLink } from "../resources/resource-link.tsx";
import { useMayChange } from "../session/session.ts";
import { PLACES } from "./diagnosis.tsx";
import styles from "./exchange-content.module.css";

const UndoDialog = lazy(async () => ({ default: (await import("./undo-dialog.tsx")).UndoDialog }));

/** What an administrator must know although the request may have succeeded: what happened, why, and what to change. */
export function FindingsSection({ exchange: { findings, endpoint } }: { readonly exchange: Exchange }) {
  return findings.map((finding, index) => (
    <section
      key={index}
      className={`${styles.section} ${finding.severity === "info" ? "" : styles.diagnosis}`}
      aria-label={`Finding: ${finding.kind}`}
    >
      <h3 className={styles.finding}>
        <KindIcon severity={finding.severity} kind="" />
        <span>
          <SentenceText text={finding.sentence} resources={finding.resources} />
        </span>
      </h3>
      <p>
        <CodeText text={finding.reason} resources={finding.resources} />
      </p>
      {finding.resources.length > 1 && <Names finding={finding} endpoint={endpoint} />}
      {finding.remedies.length > 0 && (
        <>
          <h4>What to change</h4>
          <ol className={styles.remedies}>
            {finding.remedies.map((remedy) => (
              <li key={remedy.text}>
                <span className={styles.where}>{PLACES[remedy.where]}</span>
                <CodeText text={remedy.text} resources={finding.resources} />
                {endpoint !== null && <RemedyAction action={remedy.action} endpoint={endpoint} />}
              </li>
            ))}
          </ol>
        </>
      )}
    </section>
  ));
}

/** Settings and headers stand between backticks. */
function CodeText({ text, resources }: ComponentProps<typeof SentenceText>) {
  return text
    .split("`")
    .map((part, index) =>
      index % 2 === 1 ? (
        <code key={index}>{part}</code>
      ) : (
        <SentenceText key={index} text={part} resources={resources} />
      ),
    );
}

function Names({ finding: { resources }, endpoint }: { readonly finding: Finding; readonly endpoint: string | null }) {
  return (
    <details className={styles.names}>
      <summary>Show all {resources.length}</summary>
      <ul className={styles.sentences}>
        {resources.map((resource, index) => (
          <li key={index}>
            <ResourceLink endpoint={endpoint} resource={resource} />
          </li>
        ))}
      </ul>
    </details>
  );
}

type RemedyActionProps = {
  readonly action: Finding["remedies"][number]["action"];
  readonly endpoint: string;
};

/** Carries a remedy out, or leads to where that is done. */
function RemedyAction({ action, endpoint }: RemedyActionProps) {
  const [isAsking, setIsAsking] = useState(false);
  const mayChange = useMayChange();
  switch (action?.kind) {
    case "restore":
      if (!mayChange) return null;
      return (
        <div className={styles.actions}>
          <Button size="small" icon={<ArrowUndoRegular />} onClick={() => setIsAsking(true)}>
            Restore…
          </Button>
          <Suspense fallback={null}>
            {isAsking && <UndoDialog {...{ endpoint }} versions={action.versions} onClose={() => setIsAsking(false)} />}
          </Suspense>
        </div>
      );
    case "setting":
      return (
        <>
          {" "}
          <Link to="/endpoints/$endpoint" params={{ endpoint }} search={{ tab: "settings" }}>
            Open settings
          </Link>
        </>
      );
    case "credentials":
      return (
        <>
          {" "}
          <Link to="/endpoints/$endpoint" params={{ endpoint }} search={{ tab: "credentials" }}>
            Open credentials
          </Link>
        </>
      );
    case "resource":
      return (
        <>
          {" "}
          <ResourceLink endpoint={endpoint} resource={{ ...action, label: "Open" }} />
        </>
      );
    default:
      return null;
  }
}
