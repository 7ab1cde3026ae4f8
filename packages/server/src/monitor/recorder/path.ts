/**
 * The path of a URL below a base path, with its slash, and its query without the question mark. Slashes too many, which
 * are answered as if they were not there, are left out.
 */
export function pathBelow(url: string, basePath: string): { path: string; query: string | undefined } {
  const mark = url.indexOf("?");
  const written = mark < 0 ? url : url.slice(0, mark);
  const path = written.includes("//") ? written.replaceAll(/\/{2,}/g, "/") : written;
  const isBelow = path.startsWith(basePath) && (path.length === basePath.length || path[basePath.length] === "/");
  const below = isBelow ? path.slice(basePath.length) : path;
  return { path: below === "" ? "/" : below, query: mark < 0 ? undefined : url.slice(mark + 1) };
}
