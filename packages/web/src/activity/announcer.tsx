import { useEffect, useRef, useState } from "react";
import type { ExchangeSummary } from "../api/types.ts";

/** Screen readers are told no more often. */
const PAUSE_MS = 5_000;

/** Tells screen readers about new exchanges: of those that come quickly, the last. */
export function Announcer({ newest }: { readonly newest: ExchangeSummary | undefined }) {
  const [text, setText] = useState("");
  const latest = useRef(newest);
  const told = useRef(newest?.position ?? 0);
  latest.current = newest;

  useEffect(() => {
    const timer = setInterval(() => {
      const exchange = latest.current;
      if (exchange === undefined || exchange.position <= told.current) return;
      // The rows that the feed began with are no news.
      const isFirst = told.current === 0;
      told.current = exchange.position;
      if (!isFirst) setText(`New: ${exchange.sentences[0]?.text ?? exchange.path}`);
    }, PAUSE_MS);
    return () => clearInterval(timer);
  }, []);

  return (
    <div role="status" className="visually-hidden">
      {text}
    </div>
  );
}
