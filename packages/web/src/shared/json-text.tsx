import { type ReactNode, useMemo } from "react";
import styles from "./json-text.module.css";

/** Longer texts are not coloured: thousands of elements cost more than they help. */
const MAX_COLOURED_CHARACTERS = 100_000;

const INDENT = "  ";

/** Strings, marks, literals and numbers; spaces aside. */
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s"{}[\],:]+/g;

const COLOURED = /("(?:[^"\\]|\\.)*")(\s*:)?|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\b(?:true|false|null)\b/g;

type JsonTextProps = { readonly text: string; readonly isJson: boolean };

/** A text in a box, coloured if it is JSON. */
export function JsonText({ text, isJson }: JsonTextProps) {
  const content = useMemo(
    () => (isJson && text.length <= MAX_COLOURED_CHARACTERS ? coloured(text) : text),
    [text, isJson],
  );
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: people scroll it by keyboard
    <pre className={styles.code} tabIndex={0}>
      {content}
    </pre>
  );
}

/**
 * A JSON text with a line for each value, each as it was written: repeated names and all digits of numbers stay.
 * @returns undefined if it is not JSON
 */
export function laidOutJson(text: string): string | undefined {
  if (!isJson(text)) return undefined;
  let indent = "";
  let laidOut = "";
  let last = "";
  for (const [token] of text.matchAll(TOKENS)) {
    const ends = token === "}" || token === "]";
    const isFirst = last === "{" || last === "[";
    if (ends) indent = indent.slice(INDENT.length);
    if (ends ? !isFirst : isFirst || last === ",") laidOut += `\n${indent}`;
    laidOut += token === ":" ? ": " : token;
    if (token === "{" || token === "[") indent += INDENT;
    last = token;
  }
  return laidOut;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function coloured(json: string): ReactNode[] {
  const nodes: ReactNode[] = [];
  let end = 0;
  for (const match of json.matchAll(COLOURED)) {
    const [all, string, colon] = match;
    if (match.index > end) nodes.push(json.slice(end, match.index));
    const kind = string === undefined ? styles.literal : colon === undefined ? styles.string : styles.name;
    nodes.push(
      <span key={match.index} className={kind}>
        {string ?? all}
      </span>,
    );
    if (colon !== undefined) nodes.push(colon);
    end = match.index + all.length;
  }
  nodes.push(json.slice(end));
  return nodes;
}
