import { useMemo, useState } from "react";
import type { Message } from "../api/types.ts";
import { CopyButton } from "../shared/copy-button.tsx";
import { JsonText, laidOutJson } from "../shared/json-text.tsx";
import styles from "./exchange-content.module.css";
import messageStyles from "./message-section.module.css";

type MessageSectionProps = {
  readonly heading: string;
  readonly firstLine: string;
  readonly message: Message;
  /** About a body that was not recorded as it was. */
  readonly note: string | undefined;
};

/** A request or a response: first line, headers, body. */
export function MessageSection({ heading, firstLine, message, note }: MessageSectionProps) {
  const { headers, bodyBytes, isCut } = message;
  const text = message.body ?? message.bodyBase64 ?? "";
  const headerText = headers.map(([name, value]) => `${name}: ${value}`).join("\n");
  return (
    <section className={styles.section} aria-label={heading}>
      <h3>{heading}</h3>
      <pre className={messageStyles.line}>{decoded(firstLine)}</pre>
      {headers.length > 0 && (
        <details className={messageStyles.headers}>
          <summary>{headers.length === 1 ? "1 header" : `${headers.length} headers`}</summary>
          <dl className={messageStyles.list}>
            {headers.map(([name, value], index) => (
              <div key={index}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
          <CopyButton label="Copy headers" text={headerText} />
        </details>
      )}
      {text === "" ? (
        bodyBytes === 0 && <p className={messageStyles.soft}>No body</p>
      ) : (
        <Body text={text} isBase64={message.body === null} />
      )}
      {(isCut || note !== undefined) && (
        <p className={messageStyles.soft}>
          {note ?? `Shortened: the body had ${bodyBytes.toLocaleString("en")} bytes.`}
        </p>
      )}
    </section>
  );
}

function Body({ text, isBase64 }: { readonly text: string; readonly isBase64: boolean }) {
  const [isRaw, setIsRaw] = useState(false);
  const laidOut = useMemo(() => laidOutJson(text), [text]);
  return (
    <div>
      {isBase64 && <p className={messageStyles.soft}>The body is not text. In Base64:</p>}
      <JsonText text={isRaw ? text : (laidOut ?? text)} isJson={laidOut !== undefined} />
      <div className={messageStyles.actions}>
        <CopyButton label="Copy body" text={text} />
        {laidOut !== undefined && (
          <button type="button" className={messageStyles.toggle} onClick={() => setIsRaw(!isRaw)}>
            {isRaw ? "Show formatted" : "Show as sent"}
          </button>
        )}
      </div>
    </div>
  );
}

/** Filters are easier to read without percent signs. A + is a space in the query only. */
function decoded(line: string): string {
  const [path = "", ...query] = line.split("?");
  try {
    return decodeURIComponent([path, ...query.map((part) => part.replaceAll("+", " "))].join("?"));
  } catch {
    return line;
  }
}
