import { MIGRATIONS, type Migration } from "../store/sqlite/migrations.ts";

// Turns the process that imports it into a fictitious next version with one more schema step: node --import
// next-version.ts

(MIGRATIONS as Migration[]).push("ALTER TABLE endpoint ADD COLUMN note TEXT NOT NULL DEFAULT 'none'");
