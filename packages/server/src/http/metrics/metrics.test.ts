import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startApplication, TEST_SECRET } from "../../testing/application.ts";
import { FAKE_STATUS, fakeReplica } from "../../testing/replica.ts";
import { MODE_WITHOUT_TARGET } from "../../testing/store.ts";

const replica = fakeReplica();
replica.status = FAKE_STATUS;
const server = await startApplication({ backupTarget: "/mnt/backup" }, replica.environment);
const alone = await startApplication();
const [admin, aloneAdmin] = [server.admin, alone.admin];
after(async () => {
  await server.close();
  await alone.close();
});

/** Values by name and labels, as a scraper reads them. */
async function scrape(client: typeof admin): Promise<Map<string, number>> {
  const answer = await client.get("/metrics");
  assert.equal(answer.status, 200, answer.text);
  assert.match(String(answer.headers["content-type"]), /^text\/plain; version=0\.0\.4/);
  const values = new Map<string, number>();
  for (const line of answer.text.split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const [, name, value] = /^([a-zA-Z_:][\w:]*(?:\{.*\})?) (\S+)$/.exec(line) ?? assert.fail(line);
    assert.ok(!values.has(String(name)), `${name} twice`);
    values.set(String(name), Number(value));
  }
  return values;
}

test("every number of the status is a metric, in seconds and bytes", async () => {
  const values = await scrape(admin);
  const expected: Record<string, number> = {
    'mode{mode="directory"}': 1,
    'mode{mode="azure-blob"}': 0,
    'role{role="primary"}': 1,
    'role{role="fenced"}': 0,
    'durability_configured{durability="semi-sync"}': 1,
    'durability_in_force{durability="semi-sync"}': 0,
    'durability_in_force{durability="async"}': 1,
    epoch: 3,
    lag_seconds: 1.5,
    lag_commits: 4,
    lag_bytes: 81_920,
    wal_bytes: 1_048_576,
    'target_latency_seconds{quantile="0.5"}': 0.012,
    'target_latency_seconds{quantile="0.99"}': 0.048,
    errors_total: 5,
    shipped_segments_total: 120,
    shipped_bytes_total: 3_000_000,
    shipped_commits_total: 450,
    copies_total: 7,
    last_copy_timestamp_seconds: Date.parse("2026-08-01T11:58:00Z") / 1_000,
    last_copy_success: 1,
    snapshot_age_seconds: 3_600,
    snapshot_bytes: 9_000_000,
    snapshot_duration_seconds: 0.4,
    restore_path_objects: 17,
    restorable_oldest_timestamp_seconds: Date.parse("2026-07-25T12:00:00Z") / 1_000,
    restorable_newest_timestamp_seconds: Date.parse("2026-08-01T12:00:01Z") / 1_000,
    last_restore_timestamp_seconds: Date.parse("2026-08-01T10:00:00Z") / 1_000,
    last_restore_duration_seconds: 0.7,
    last_restore_ok: 1,
    last_restore_objects: 16,
    last_restore_bytes: 8_000_000,
    last_scrub_duration_seconds: 0.9,
    last_scrub_ok: 0,
    start_slot: 99,
    start_restore_objects: 15,
    start_restore_bytes: 7_000_000,
    start_restore_duration_seconds: 0.6,
  };
  for (const [name, value] of Object.entries(expected)) {
    assert.equal(values.get(`scimtool_backup_${name}`), value, name);
  }
  assert.ok((values.get("process_resident_memory_bytes") ?? 0) > 1e6);
});

test("unknown values are omitted, and each scrape has the current ones", async () => {
  const values = await scrape(aloneAdmin);
  assert.equal(values.get(`scimtool_backup_mode{mode="${MODE_WITHOUT_TARGET}"}`), 1);
  for (const name of ["durability_in_force", "last_copy", "snapshot", "target_latency", "last_scrub", "restorable"]) {
    assert.ok(![...values.keys()].some((key) => key.startsWith(`scimtool_backup_${name}`)), name);
  }
  replica.status = { ...FAKE_STATUS, errors: 6, lastScrub: null };
  const later = await scrape(admin);
  assert.equal(later.get("scimtool_backup_errors_total"), 6);
  assert.equal(later.get("scimtool_backup_last_scrub_ok"), undefined);
});

test("requests are counted by endpoint, method and status, also for unknown paths", async () => {
  const nowhere = alone.connect(undefined);
  const client = alone.connect(TEST_SECRET, "/scim/v2");
  for (let at = 0; at < 3; at++) assert.equal((await client.get("/Users?count=0")).status, 200);
  assert.equal((await client.get("/Users/nobody")).status, 404);
  assert.equal((await nowhere.get("/Users")).status, 404);
  const total = (values: Map<string, number>, endpoint: string, status: number) =>
    values.get(`scimtool_requests_total{endpoint="${endpoint}",method="GET",status="${status}"}`);
  let values = await scrape(aloneAdmin);
  for (let tries = 0; tries < 100 && total(values, "", 404) === undefined; tries++) values = await scrape(aloneAdmin);
  assert.deepEqual([total(values, "default", 200), total(values, "default", 404), total(values, "", 404)], [3, 1, 1]);
  const took = values.get('scimtool_request_duration_seconds_total{endpoint="default",method="GET",status="200"}');
  assert.ok(took !== undefined && took > 0 && took < 60);
  assert.equal(values.get("scimtool_records_lost_total"), 0);
});

test("connections, those closed by a limit, and the memory for large bodies are metrics", async () => {
  const values = await scrape(aloneAdmin);
  assert.ok((values.get("scimtool_connections") ?? 0) >= 1);
  for (const reason of ["connections", "address", "timeout", "pipelining", "not reading", "memory"]) {
    assert.equal(values.get(`scimtool_connections_closed_total{reason="${reason}"}`), 0, reason);
  }
  assert.equal(values.get("scimtool_buffered_bytes"), 0);
  assert.equal(values.get("scimtool_buffered_refused_total"), 0);
});
