import { monitorConformance } from "../../conformance/monitor.ts";
import { openMonitor } from "./test-support.ts";

monitorConformance("SQLite", openMonitor);
