export * from "./segment/segment.ts";
export * from "./target/directory/directory.ts";
export * from "./target/target.ts";
export * from "./wal/wal.ts";
