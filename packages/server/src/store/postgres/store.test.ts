import { after, before } from "node:test";
import { storeConformance } from "../conformance/conformance.ts";
import { openPostgresStore } from "./store.ts";
import { type Cluster, startCluster } from "./testing/cluster.ts";

let cluster: Cluster;
before(async () => {
  cluster = await startCluster();
});
after(() => cluster.stop());

storeConformance("PostgreSQL", async () => {
  const url = await cluster.createDatabase();
  const store = await openPostgresStore(url);
  return { store, isApart: true, dispose: () => cluster.dropDatabase(url) };
});
