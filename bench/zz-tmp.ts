import { existsSync } from "node:fs";
import { addMonitor } from "/work/main/packages/server/src/store/sqlite/monitor/test-support.ts";
import { openSqliteStore } from "/work/main/packages/server/src/store/sqlite/store.ts";
import { monitor } from "/work/main/packages/server/src/store/sqlite/monitor/monitor.ts";
import { loadExchanges } from "/work/main/bench/monitor/load.ts";
const n=Number(process.argv[2]); const f=`/tmp/ms/s${n}.db`; const fresh=!existsSync(f); if(fresh) await addMonitor(f); const store=openSqliteStore(f); if(fresh) await loadExchanges(store,n);
for (const filter of [{text:"nowhere"},{text:"example"},{resource:"x"},{statuses:[[400,599]]},{}] as const) for(let r=0;r<4;r++){const c=process.cpuUsage(),t=performance.now();const {total}=await monitor.exchanges.search(store.committed,filter as never,{limit:50});const d=process.cpuUsage(c);console.log(JSON.stringify(filter),total,'wall',(performance.now()-t).toFixed(1),'cpu',((d.user+d.system)/1000).toFixed(1))}
console.log(await monitor.sizes(store.committed), store.committed);
await store.close();
