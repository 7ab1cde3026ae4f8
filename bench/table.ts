/** The first column is left-aligned, all others right-aligned. */
export function formatTable(title: string, header: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const format = (line: readonly string[]): string =>
    widths
      .map((width, column) => {
        const cell = line[column] ?? "";
        return column === 0 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join("  ")
      .trimEnd();
  const rule = widths.map((width) => "─".repeat(width)).join("  ");
  return [title, format(header), rule, ...rows.map(format)].join("\n");
}

/** `ok` up to the goal, `over` beyond it. */
export function verdict(value: number, goal: number): string {
  return value <= goal ? "ok" : "over";
}

export function decimals(value: number, digits: number): string {
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export function times(value: number, digits = 2): string {
  return `${decimals(value, digits)}×`;
}
