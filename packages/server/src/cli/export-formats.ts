/** How exchanges are written down. */
export const EXPORT_FORMATS = ["ndjson", "csv", "har"] as const;

export type ExportFormat = (typeof EXPORT_FORMATS)[number];
