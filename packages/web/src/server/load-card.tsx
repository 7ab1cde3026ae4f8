import { ProgressBar } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { api, dataOf } from "../api/client.ts";
import type { ServerLoad } from "../api/types.ts";
import { bytesText } from "../shared/bytes.ts";
import { Loaded } from "../shared/loaded.tsx";
import styles from "../shared/page.module.css";

const REFRESH_MS = 5_000;

/** What the server uses now, with its limits. */
export function LoadCard() {
  const query = useQuery({
    queryKey: ["load"],
    refetchInterval: REFRESH_MS,
    queryFn: ({ signal }) => dataOf(api.GET("/api/load", { signal })),
  });
  return (
    <section className={styles.card} aria-label="Load">
      <h2>Load</h2>
      <Loaded query={query} lines={8}>
        {(load) => <Load {...load} />}
      </Loaded>
    </section>
  );
}

function Load({ connections, maxConnections, bufferedBytes, maxBufferedBytes, eventLoopDelayMs, memory }: ServerLoad) {
  return (
    <>
      <Gauge
        label="Connections"
        used={connections}
        most={maxConnections}
        textOf={(count) => count.toLocaleString("en")}
      />
      <Gauge label="Large bodies in memory" used={bufferedBytes} most={maxBufferedBytes} textOf={bytesText} />
      <Gauge label="JavaScript objects" used={memory.heapBytes} most={memory.maxHeapBytes} textOf={bytesText} />
      <dl className={styles.facts}>
        <dt>Memory of the process</dt>
        <dd>{bytesText(memory.residentBytes)}</dd>
        <dt>Event loop delay</dt>
        <dd>
          {eventLoopDelayMs === null
            ? "being measured"
            : `${eventLoopDelayMs.p50} ms usually, ${eventLoopDelayMs.max} ms at most in the last seconds`}
        </dd>
      </dl>
    </>
  );
}

type GaugeProps = {
  readonly label: string;
  readonly used: number;
  readonly most: number;
  readonly textOf: (amount: number) => string;
};

function Gauge({ label, used, most, textOf }: GaugeProps) {
  const share = used / most;
  return (
    <div>
      <div className={styles.head}>
        <span>{label}</span>
        <span className={styles.soft}>
          {textOf(used)} of {textOf(most)}
        </span>
      </div>
      <ProgressBar aria-label={label} value={share} color={share > 0.9 ? "error" : share > 0.7 ? "warning" : "brand"} />
    </div>
  );
}
