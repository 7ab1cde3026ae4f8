import { Button } from "@fluentui/react-components";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { SentenceText } from "../activity/sentence-text.tsx";
import { api, dataOf } from "../api/client.ts";
import type { ExchangeSummary } from "../api/types.ts";
import { ChangesTable, changeRows } from "../resources/changes-table.tsx";
import { Loaded } from "../shared/loaded.tsx";
import pageStyles from "../shared/page.module.css";
import { Ago } from "../shared/time.tsx";
import styles from "./server.module.css";

const PAGE = 20;

const REFRESH_MS = 30_000;

/** What administrators did with this page, the API and the command line. */
const BY_ADMINISTRATORS = { dialect: ["manual"] };

/** Who changed what, the newest first. */
export function AuditCard() {
  const query = useInfiniteQuery({
    queryKey: ["audit"],
    refetchInterval: REFRESH_MS,
    initialPageParam: undefined as number | undefined,
    getNextPageParam: (page: { next: number | null }) => page.next ?? undefined,
    queryFn: ({ signal, pageParam }) => {
      const query = { ...BY_ADMINISTRATORS, limit: PAGE, ...(pageParam !== undefined && { before: pageParam }) };
      return dataOf(api.GET("/api/exchanges", { params: { query }, signal }));
    },
  });
  const { hasNextPage, fetchNextPage, isFetchingNextPage } = query;
  return (
    <section className={`${pageStyles.card} ${styles.wide}`} aria-label="Administration">
      <div className={pageStyles.head}>
        <h2>Administration</h2>
        <Link to="/" search={{ dialect: "manual" }}>
          Show in Activity
        </Link>
      </div>
      <p className={pageStyles.soft}>What administrators changed, without secrets. Kept as long as requests are.</p>
      <Loaded query={query} lines={6}>
        {({ pages }) => <Entries exchanges={pages.flatMap((page) => page.exchanges as ExchangeSummary[])} />}
      </Loaded>
      {hasNextPage && (
        <div>
          <Button disabledFocusable={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            Show older changes
          </Button>
        </div>
      )}
    </section>
  );
}

function Entries({ exchanges }: { readonly exchanges: readonly ExchangeSummary[] }) {
  if (exchanges.length === 0) return <p>No administrator has changed anything yet.</p>;
  return (
    <ol className={styles.audit}>
      {exchanges.map((exchange) => (
        <Entry key={exchange.id} exchange={exchange} />
      ))}
    </ol>
  );
}

function Entry({ exchange }: { readonly exchange: ExchangeSummary }) {
  const { id, at, credential, clientAddress, sentences, resources, details } = exchange;
  const { changes = [] } = details;
  return (
    <li>
      <div>
        <Link to="/" search={{ dialect: "manual", exchange: String(id) }}>
          <SentenceText text={sentences[0]?.text ?? ""} resources={resources} />
        </Link>
        <div className={pageStyles.soft}>
          <Ago iso={at} />, {credential ?? "without a valid secret"}, from {clientAddress}
        </div>
      </div>
      {changes.length > 0 && (
        <details>
          <summary>{changes.length === 1 ? "1 value" : `${changes.length} values`}</summary>
          <ChangesTable rows={changeRows([], changes)} />
        </details>
      )}
    </li>
  );
}
