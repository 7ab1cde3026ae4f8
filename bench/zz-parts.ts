import { encodeColumns } from "../packages/server/src/store/sqlite/monitor/block/columns.ts";
import { encodeFrames } from "../packages/server/src/store/sqlite/monitor/block/frame.ts";
import { summaryText } from "../packages/server/src/store/sqlite/monitor/block/summary.ts";
import { indexWords, SHARES_OF_SEALED } from "../packages/server/src/store/sqlite/monitor/block/word-index.ts";
import { eachTerm } from "../packages/server/src/store/sqlite/monitor/block/terms.ts";
import { WordText } from "../packages/server/src/store/sqlite/monitor/block/words.ts";
import { exchangeMaker } from "./monitor/exchanges.ts";
const t=(name:string,f:()=>void)=>{const r=[];for(let i=0;i<40;i++){const c=performance.now();f();r.push((performance.now()-c)*1000/500)}r.sort((a,b)=>a-b);console.log("  ",name,r[2]!.toFixed(2),"median",r[20]!.toFixed(2))};
for(const kind of ["read","create"] as const){const make=exchangeMaker(2,[1],kind);const ex=Array.from({length:500},(_,i)=>make(i));const p=ex.map((exchange,i)=>({exchange,position:i+1}));console.log(kind);
t("columns",()=>encodeColumns(p));t("frames",()=>encodeFrames(p));t("  summary",()=>{for(const x of p)summaryText(x)});t("words",()=>indexWords(ex,SHARES_OF_SEALED));const w=new WordText();t("  terms",()=>{let n=0;for(const e of ex)eachTerm(e,w,()=>{n++},()=>{n++})});
const s=indexWords(ex,SHARES_OF_SEALED);console.log("   bytes/ex words",[...s.values()].reduce((a,b)=>a+b.length,0)/500,"frames",encodeFrames(p).reduce((a,b)=>a+b.content.length,0)/500)}
