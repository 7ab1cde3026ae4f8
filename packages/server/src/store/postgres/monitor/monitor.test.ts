import { after, before } from "node:test";
import { monitorConformance } from "../../conformance/monitor.ts";
import { openPostgresStore } from "../store.ts";
import { type Cluster, startCluster } from "../testing/cluster.ts";

let cluster: Cluster;
before(async () => {
  cluster = await startCluster();
});
after(() => cluster.stop());

monitorConformance("PostgreSQL", async () => {
  const url = await cluster.createDatabase();
  const store = await openPostgresStore(url);
  return { store, monitor: store.monitor, dispose: () => cluster.dropDatabase(url) };
});
