/** A reporter of the files that have failed tests, one a line. */
export default async function* failedFiles(events) {
  const files = new Set();
  for await (const { type, data } of events) if (type === "test:fail") files.add(data.entryFile ?? data.file);
  for (const file of files) yield `${file}\n`;
}
