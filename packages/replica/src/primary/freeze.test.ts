import assert from "node:assert/strict";
import { test } from "node:test";
import { Host, targetFolder, restoredFrom, rowsOf } from "../testing/host.ts";
import { directoryTarget } from "../target/directory/directory.ts";
import { join } from "node:path";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

test("a plain copy is a moment of the database, also while it is written to all the time", async (t) => {
  const { target, folder } = targetFolder(t);
  const host = await Host.primary(t, target);
  let stop = false; let n = 0;
  host.commit("create table a(x); create table b(x); insert into a values(0); insert into b values(0)");
  for (let i = 0; i < 100; i++) host.commit(`create table x${i} (a)`);
  setTimeout(()=>process.exit(1),15000);
  const writer = (async () => { while (!stop) { n++; while (host.isPaused) await sleep(1);
     host.commit(`begin; update a set x=${n}; insert into x${n%100} values (${n}); update b set x=${n}; commit`); await host.replica.durable(); } })();
  for (let i = 0; i < 5; i++) {
    try { await host.replica.backupNow(); console.log("plain ok", n, (await import("node:fs")).statSync(join(folder,"scim.db")).size); } catch (e) { console.log("plain", String(e)); }
    const { DatabaseSync } = await import("node:sqlite");
    const d = new DatabaseSync(`file:${join(folder, "scim.db")}?immutable=1`);
    const got = d.prepare("select (select x from a) a, (select x from b) b").get() as any;
    const sum = Array.from({length:100},(_, i)=> (d.prepare(`select max(a) m from x${i}`).get() as any).m).reduce((l,r)=>Math.max(l,r??0),0);
    console.log(got, sum, d.prepare("pragma integrity_check").get());
    d.close();
  }
  stop = true; await writer;
  console.log(n, host.lines);
});
