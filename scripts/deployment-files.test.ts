import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Ajv } from "ajv";
import { parse, parseAllDocuments } from "yaml";
import { openTarget } from "../packages/replica/src/target/open-target.ts";
import { startAzurite } from "../packages/replica/src/target/testing/azurite.ts";
import type { AnyJson } from "../packages/server/src/testing/client.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (file: string) => readFileSync(join(root, file), "utf8");
const { version } = JSON.parse(read("package.json"));
const IMAGE = `ghcr.io/kayasax/scimtool:${version}`;

const filesIn = (folder: string) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`);

test("the Compose files follow the Compose Specification", () => {
  // The validator knows this draft of JSON Schema under another address.
  const { $schema: _, ...schema } = JSON.parse(read("node_modules/dclint/schemas/compose.schema.json"));
  const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema);
  for (const file of filesIn("deploy/compose")) {
    const content: AnyJson = parse(read(file));
    assert.equal(validate(content), true, `${file}: ${JSON.stringify(validate.errors)}`);
    content.services.scimtool.imag = IMAGE;
    assert.equal(validate(content), false, "a misspelt member is found");
  }
});

test("Compose, Kubernetes and the deploy script run this version", () => {
  assert.equal(parse(read("deploy/compose/compose.yaml")).services.scimtool.image, IMAGE);
  for (const { file, objects } of kubernetesFiles) {
    const { spec } = objects.find(({ kind }) => kind !== "Service");
    assert.equal(spec.template.spec.containers[0].image, IMAGE, file);
  }
  assert.ok(read("scripts/deploy-azure.ps1").includes(`$DefaultImageTag = '${version}'`));
});

test("the Compose file's variables for Azurite open a target there", async (t) => {
  const { scimtool } = parse(read("deploy/compose/compose.azurite.yaml")).services;
  const azurite = await startAzurite();
  t.after(azurite.stop);
  const here = (text: string) => text.replace("http://azurite:10000", new URL(azurite.accountUrl).origin);
  const { BACKUP_TARGET: target, AZURE_STORAGE_CONNECTION_STRING: access } = scimtool.environment;
  const opened = await openTarget(here(target), { AZURE_STORAGE_CONNECTION_STRING: here(access) });
  assert.equal(await opened.create("probe", Buffer.from("x")), "created");
});

/** Notes every member that is read. */
function watched(value: unknown, path: string, seen: Set<string>): unknown {
  if (typeof value !== "object" || value === null) return value;
  return new Proxy(value, {
    get: (target, name) => {
      const member = `${path}/${String(name)}`;
      seen.add(member);
      return watched(Reflect.get(target, name), member, seen);
    },
  });
}

function pathsOf(value: unknown, path = ""): string[] {
  if (typeof value !== "object" || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([name, member]) => pathsOf(member, `${path}/${name}`))].slice(
    path === "" ? 1 : 0,
  );
}

type Model = new (data: unknown) => { validate: () => void };

/** @throws Error if the object violates Kubernetes' schema. @returns members that the schema lacks */
async function checkKubernetes(object: AnyJson): Promise<string[]> {
  const models = (await import(`kubernetes-models/${object.apiVersion}`)) as Readonly<Record<string, Model>>;
  const Kind = models[object.kind];
  assert.ok(Kind, object.kind);
  new Kind(object).validate();
  // The schema allows unknown members, which Kubernetes ignores; its validator never reads them.
  const seen = new Set<string>();
  Kind.prototype.validate.call(watched(object, "", seen));
  return pathsOf(object).filter((path) => !seen.has(path));
}

const kubernetesFiles = filesIn("deploy/kubernetes").map((file) => ({
  file,
  objects: parseAllDocuments(read(file)).map((document) => document.toJS() as AnyJson),
}));

test("the Kubernetes manifests follow Kubernetes' schemas and have no member that it would ignore", async () => {
  for (const { file, objects } of kubernetesFiles) {
    for (const object of objects) assert.deepEqual(await checkKubernetes(object), [], file);
  }
  const [, workload] = structuredClone(kubernetesFiles[0]?.objects ?? []);
  workload.spec.template.spec.terminationGracePeriod = 60;
  assert.deepEqual(await checkKubernetes(workload), ["/spec/template/spec/terminationGracePeriod"]);
  workload.spec.replicas = "one";
  await assert.rejects(checkKubernetes(workload), /replicas must be integer/);
});

test("in Kubernetes one replica runs as the image's user, with probes and time for the hand-over", () => {
  for (const { file, objects } of kubernetesFiles) {
    const { spec } = objects.find(({ kind }) => kind !== "Service");
    const pod = spec.template.spec;
    const [container] = pod.containers;
    assert.equal(spec.replicas, 1, file);
    assert.ok(pod.terminationGracePeriodSeconds > 30);
    assert.deepEqual(
      ["startupProbe", "livenessProbe", "readinessProbe"].map((probe) => container[probe].httpGet.path),
      ["/healthz", "/healthz", "/readyz"],
    );
    const mounts = container.volumeMounts.map(({ mountPath }: AnyJson) => mountPath);
    assert.deepEqual(mounts, ["/data", "/tmp"], "what the server writes; the rest is read-only");
  }
});

test("the GitHub workflows are valid, and each action has a version", async () => {
  // The package imports its schemas without an import attribute for JSON.
  const hooks = registerHooks({
    resolve: (specifier, context, next) => {
      const found = next(specifier, context);
      return found.url.endsWith(".json") ? { ...found, importAttributes: { type: "json" } } : found;
    },
  });
  const { NoOperationTraceWriter, parseWorkflow } = await import("@actions/workflow-parser");
  hooks.deregister();
  const problemsOf = (name: string, content: string) =>
    parseWorkflow({ name, content }, new NoOperationTraceWriter()).context.errors.getErrors().map(String);
  for (const file of filesIn(".github/workflows")) {
    assert.deepEqual(problemsOf(file, read(file)), []);
    for (const { steps } of Object.values<AnyJson>(parse(read(file)).jobs)) {
      for (const { uses, run } of steps) {
        if (uses !== undefined) assert.match(uses, /^[\w-]+\/[\w-]+@v\d+(\.\d+\.\d+)?$/, file);
        const [, script] = /node (\S+)/.exec(run ?? "") ?? [];
        if (script !== undefined) read(script);
      }
    }
  }
  assert.equal(problemsOf("bad.yml", "on: push\njobs:\n  a:\n    runs-on: x\n    stps: []\n").length, 1);
});

const hasSystemd = spawnSync("systemd-analyze", ["--version"]).status === 0;

test("systemd accepts the unit", { skip: !hasSystemd && "there is no systemd-analyze" }, (t) => {
  const folder = mkdtempSync(join(tmpdir(), "scimtool-unit-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const unit = join(folder, "scimtool.service");
  // It must name an existing program.
  writeFileSync(unit, read("deploy/systemd/scimtool.service").replace("/usr/local/bin/scimtool", "/bin/sh"));
  const { status, stderr } = spawnSync("systemd-analyze", ["verify", unit], { encoding: "utf8" });
  assert.deepEqual(
    stderr.split("\n").filter((line) => line.includes("scimtool")),
    [],
  );
  assert.equal(status, 0, stderr);
});
