/** @import { BackupStatus } from "../api/types.d.ts" */
import { element } from "../dom/element.js";
import { icon } from "../dom/icon.js";
import { agoElement, exactElement, lengthText } from "../dom/time.js";
import { storageWords } from "./storage-words.js";

/** How safe the data is, in a line, with what is wrong. @param {BackupStatus} status */
export function storageLine(status) {
  const { severity, text, problems } = storageWords(status);
  return element(
    "div",
    { class: "storage" },
    element(
      "p",
      { class: "storage-line" },
      element(
        "span",
        { class: `sign ${severity}` },
        icon(severity === "good" ? "check" : severity === "info" ? "dot" : severity),
      ),
      element("strong", null, text),
    ),
    problems.map((problem) => element("p", { class: "small" }, problem)),
  );
}

/** All that is to be known of it. @param {BackupStatus} status */
export function storageFacts({
  mode,
  target,
  role,
  durability,
  lag,
  backupCount,
  lastBackupTime,
  lastSnapshot,
  lastScrub,
  restorable,
  errors,
}) {
  if (mode === "none") return undefined;
  /** @type {readonly (readonly [string, import("../dom/element.js").Child | readonly import("../dom/element.js").Child[]])[]} */
  const facts = [
    ["Target", target ?? mode],
    ["Role", role === "primary" ? "writes" : role],
    ["Durability", durability === null ? "none" : durability.inForce],
    ["Behind", lag.commits === 0 ? "nothing is pending" : `${lengthText(lag.ms)}, ${lag.commits} commits`],
    ["Last backup", lastBackupTime === null ? "none yet" : [agoElement(lastBackupTime), ` (${backupCount} so far)`]],
    ["Last snapshot", lastSnapshot === null ? "none yet" : agoElement(lastSnapshot.time)],
    ["Last check", lastScrub === null ? "none yet" : [lastScrub.verdict, ", ", agoElement(lastScrub.time)]],
    ["Restorable", restorable === null ? "nothing yet" : ["from ", exactElement(restorable.oldest)]],
    ["Failed operations", errors.toLocaleString("en")],
  ];
  return element(
    "dl",
    { class: "facts" },
    facts.map(([label, value]) => element("div", null, element("dt", null, label), element("dd", null, value))),
  );
}
