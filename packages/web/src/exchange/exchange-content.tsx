import { useState } from "react";
import { timesText } from "../activity/feed-row.tsx";
import type { Filter } from "../activity/filter.ts";
import { KindIcon } from "../activity/kind-icon.tsx";
import { SentenceText } from "../activity/sentence-text.tsx";
import type { Exchange, FeedEntry } from "../api/types.ts";
import { ExactTime } from "../shared/time.tsx";
import { spanText } from "../shared/time-text.ts";
import { AuthenticationSection, DiagnosisSection } from "./diagnosis.tsx";
import { ExchangeActions } from "./exchange-actions.tsx";
import { ExchangeChanges } from "./exchange-changes.tsx";
import styles from "./exchange-content.module.css";
import { ExchangeFacts } from "./exchange-facts.tsx";
import { FindingsSection } from "./findings.tsx";
import { MessageSection } from "./message-section.tsx";
import { statusText } from "./status-text.ts";

/** A bulk request may have a hundred sentences. */
const MAX_SENTENCES = 12;

type ExchangeContentProps = {
  readonly exchange: Exchange;
  readonly repeats: FeedEntry["repeats"];
  readonly onFilter: (filter: Filter) => void;
};

export function ExchangeContent({ exchange, repeats, onFilter }: ExchangeContentProps) {
  const { details, method, path, query, status, severity, sentences, resources, request, response } = exchange;
  const [first, ...others] = sentences;
  const { diagnosis, authentication } = details;
  return (
    <article className={styles.exchange}>
      <div className={styles.head}>
        <KindIcon severity={severity} kind={first?.kind ?? ""} />
        <div>
          <h2>
            {first === undefined ? `${method} ${path}` : <SentenceText text={first.text} resources={resources} />}
          </h2>
          <p className={styles.facts}>
            <span className={status >= 400 ? styles.failed : styles.fine}>{statusText(status)}</span>
            <ExactTime iso={exchange.at} />
          </p>
          {repeats !== undefined && repeats.count > 1 && (
            <p className={styles.facts}>
              <span>
                {timesText(repeats.count)} since {spanText(new Date(repeats.first))}
              </span>
              <button type="button" className={styles.link} onClick={() => onFilter({ sameAs: String(exchange.id) })}>
                Show each
              </button>
            </p>
          )}
        </div>
      </div>
      {others.length > 0 && <MoreSentences exchange={exchange} />}
      <ExchangeActions exchange={exchange} />
      <FindingsSection exchange={exchange} />
      {diagnosis !== undefined ? (
        <DiagnosisSection exchange={exchange} diagnosis={diagnosis} />
      ) : (
        authentication !== undefined && <AuthenticationSection check={authentication} />
      )}
      <ExchangeChanges exchange={exchange} />
      <ExchangeFacts exchange={exchange} onFilter={onFilter} />
      <MessageSection
        heading="Request"
        firstLine={`${method} ${exchange.sentPath}${query === "" ? "" : `?${query}`}`}
        message={request}
        note={details.requestNote}
      />
      <MessageSection
        heading="Response"
        firstLine={statusText(status)}
        message={response}
        note={details.responseNote}
      />
    </article>
  );
}

function MoreSentences({ exchange: { sentences, resources } }: { readonly exchange: Exchange }) {
  const [isAll, setIsAll] = useState(false);
  const others = sentences.slice(1);
  const shown = isAll ? others : others.slice(0, MAX_SENTENCES);
  return (
    <div>
      <ul className={styles.sentences}>
        {shown.map(({ text }, index) => (
          <li key={index}>
            <SentenceText text={text} resources={resources} />
          </li>
        ))}
      </ul>
      {shown.length < others.length && (
        <button type="button" className={styles.link} onClick={() => setIsAll(true)}>
          {others.length - shown.length} more
        </button>
      )}
    </div>
  );
}
