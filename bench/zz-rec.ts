import { addMonitor } from "../packages/server/src/store/sqlite/monitor/test-support.ts";
import { openSqliteStore } from "../packages/server/src/store/sqlite/store.ts";
import { monitor } from "../packages/server/src/store/sqlite/monitor/monitor.ts";
import { exchangeMaker } from "./monitor/exchanges.ts";
import { mkdtempSync, rmSync } from "node:fs";
const d=mkdtempSync("/tmp/ms/r-"); await addMonitor(d+"/x.db"); const store=openSqliteStore(d+"/x.db"); await store.transaction((t)=>store.endpoints.insert(t,{name:"default",settings:{}},0));
for (const kind of (process.argv[2]??"read,create").split(",")) { const make=exchangeMaker(2,[1],kind as never); const N=4000,B=Number(process.argv[3]??500); const out=[]; let at0=0; for(let r=0;r<12;r++){const all=Array.from({length:N},(_,at)=>make(at0+at)); at0+=N; globalThis.gc?.(); const c=process.cpuUsage(); for(let at=0;at<N;at+=B){const b=all.slice(at,at+B); await store.transaction((t)=>monitor.exchanges.record(t,b));} const u=process.cpuUsage(c); out.push((u.user+u.system)/N);} out.sort((a,b)=>a-b); console.log(kind,"min",out[0]!.toFixed(2),"median",out[6]!.toFixed(2)); }
await store.close(); rmSync(d,{recursive:true});
