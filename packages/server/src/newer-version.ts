import { VERSION } from "./version.ts";

const REGISTRY = "https://registry.npmjs.org";
const ASK_AGAIN_MS = 86_400_000;
const ANSWER_WITHIN_MS = 2_000;
const MAX_ANSWER_CHARACTERS = 65_536;

export type NewerVersionOptions = {
  readonly registry?: string;
  readonly version?: string;
  readonly now?: () => number;
};

/**
 * Asks npm's registry for the newest version of this program, at most once a day, and only when somebody wants to know.
 * @returns the newer version; null if there is none, or the registry did not respond in time
 */
export function newerVersionFinder({
  registry = REGISTRY,
  version = VERSION,
  now = Date.now,
}: NewerVersionOptions = {}): () => Promise<string | null> {
  let askedMs = Number.NEGATIVE_INFINITY;
  let answer: Promise<string | null>;
  return () => {
    if (now() - askedMs >= ASK_AGAIN_MS) {
      askedMs = now();
      answer = latestVersion(registry).then(
        (latest) => (isNewer(latest, version) ? latest : null),
        () => null,
      );
    }
    return answer;
  };
}

async function latestVersion(registry: string): Promise<string> {
  const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
  const response = await fetch(`${registry}/scimtool/latest`, { signal, redirect: "error" });
  let text = "";
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    if (text.length > MAX_ANSWER_CHARACTERS) throw new Error("the answer is too long");
  }
  const { version } = JSON.parse(text);
  if (!/^\d{1,9}\.\d{1,9}\.\d{1,9}$/.test(version)) throw new Error("the answer has no version");
  return version;
}

function isNewer(version: string, than: string): boolean {
  const [ours, theirs] = [than, version].map((text) => text.split(".").map(Number));
  const at = [0, 1, 2].find((part) => ours?.[part] !== theirs?.[part]);
  return at !== undefined && Number(theirs?.[at]) > Number(ours?.[at]);
}
