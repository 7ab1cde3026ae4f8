import { fork } from "node:child_process";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";

/** Azurite's built-in account and its public key (Azure documentation, "Use the Azurite emulator"). */
export const AZURITE_ACCOUNT = "devstoreaccount1";
export const AZURITE_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

const START_LIMIT_MS = 30_000;
const OPTIONS = [
  ...["--blobHost", "127.0.0.1", "--blobPort", "0"],
  ...["--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry", "--silent", "--loose"],
];

export type Azurite = {
  readonly pid: number;
  /** `http://127.0.0.1:<port>/devstoreaccount1`; append `/<container>`. */
  readonly accountUrl: string;
  readonly connectionString: string;
  readonly stop: () => Promise<void>;
};

/**
 * Starts Azurite's blob service, empty and in memory, on a free port of the loopback interface. It ends with `stop`, or
 * at the latest with this process.
 * @throws Error with its output if it does not start
 */
export async function startAzurite(): Promise<Azurite> {
  const child = fork(fileURLToPath(new URL("./azurite-process.ts", import.meta.url)), OPTIONS, {
    cwd: tmpdir(),
    execArgv: ["--disable-warning=DEP0040"],
    silent: true,
  });
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const stop = async () => {
    child.ref();
    kill();
    await ended;
    process.removeListener("exit", kill);
  };

  let printed = "";
  const accountUrl = new Promise<string>((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`Azurite ${why}. It printed: ${printed}`));
    const timer = setTimeout(() => fail(`was not up after ${START_LIMIT_MS / 1000} s`), START_LIMIT_MS);
    const listen = (chunk: Buffer) => {
      printed += chunk;
      const address = /successfully listens on (\S+)/.exec(printed)?.[1];
      if (address === undefined) return;
      clearTimeout(timer);
      resolve(`${address}/${AZURITE_ACCOUNT}`);
    };
    child.stdout?.on("data", listen);
    child.stderr?.on("data", listen);
    child.once("error", (error) => fail(`did not start: ${error.message}`));
    child.once("exit", (code) => {
      clearTimeout(timer);
      fail(`ended with ${code}`);
    });
  });

  try {
    const url = await accountUrl;
    // A test that forgets to stop it must not hang.
    child.unref();
    child.channel?.unref();
    for (const output of [child.stdout, child.stderr]) (output as Socket).unref();
    return {
      pid: child.pid ?? 0,
      accountUrl: url,
      connectionString: `DefaultEndpointsProtocol=http;AccountName=${AZURITE_ACCOUNT};AccountKey=${AZURITE_KEY};BlobEndpoint=${url};`,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
