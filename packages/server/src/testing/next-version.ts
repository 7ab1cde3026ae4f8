import { MIGRATIONS, type Migration } from "../store/sqlite/migrations.ts";

// Makes the process that imports it a made-up next version, whose schema has one step more: node --import next-version.ts

(MIGRATIONS as Migration[]).push("ALTER TABLE endpoint ADD COLUMN note TEXT NOT NULL DEFAULT 'none'");
