import type { FluentIcon } from "@fluentui/react-icons";
import { AddCircle16Regular } from "@fluentui/react-icons/svg/add-circle";
import { ArrowClockwise16Regular } from "@fluentui/react-icons/svg/arrow-clockwise";
import { BookOpen16Regular } from "@fluentui/react-icons/svg/book-open";
import { CircleSmall20Filled } from "@fluentui/react-icons/svg/circle-small";
import { Delete16Regular } from "@fluentui/react-icons/svg/delete";
import { Edit16Regular } from "@fluentui/react-icons/svg/edit";
import { ErrorCircle16Filled } from "@fluentui/react-icons/svg/error-circle";
import { Eye16Regular } from "@fluentui/react-icons/svg/eye";
import { Key16Regular } from "@fluentui/react-icons/svg/key";
import { Organization16Regular } from "@fluentui/react-icons/svg/organization";
import { PersonAdd16Regular } from "@fluentui/react-icons/svg/person-add";
import { PersonProhibited16Regular } from "@fluentui/react-icons/svg/person-prohibited";
import { PersonSubtract16Regular } from "@fluentui/react-icons/svg/person-subtract";
import { PlugConnected16Regular } from "@fluentui/react-icons/svg/plug-connected";
import { Search16Regular } from "@fluentui/react-icons/svg/search";
import { Stack16Regular } from "@fluentui/react-icons/svg/stack";
import { Warning16Filled } from "@fluentui/react-icons/svg/warning";
import type { ExchangeSummary } from "../api/types.ts";
import styles from "./kind-icon.module.css";

/** By the beginning or the end of the kind. */
const ICONS: readonly (readonly [pattern: RegExp, icon: FluentIcon])[] = [
  [/\.(?:created|recreated)$/, AddCircle16Regular],
  [/\.(?:changed|renamed)$/, Edit16Regular],
  [/\.(?:deleted|emptied)$/, Delete16Regular],
  [/\.deactivated$/, PersonProhibited16Regular],
  [/\.(?:activated|reactivated|restored)$/, ArrowClockwise16Regular],
  [/^members\.added$/, PersonAdd16Regular],
  [/^members\.removed$/, PersonSubtract16Regular],
  [/^manager\./, Organization16Regular],
  [/^connection\./, PlugConnected16Regular],
  [/^(?:look-up|search)/, Search16Regular],
  [/^read\./, Eye16Regular],
  [/^discovery$/, BookOpen16Regular],
  [/^bulk$/, Stack16Regular],
  [/^token\.|\.replaced$/, Key16Regular],
];

/** Whether a sentence of this kind reports a write. */
export function isWrite(kind: string): boolean {
  return (
    /^(?:user|group|resource|members|manager|endpoint|credential|trust)\./.test(kind) && !kind.endsWith(".unchanged")
  );
}

type KindIconProps = Pick<ExchangeSummary, "severity"> & { readonly kind: string };

/** What happened and how much it matters, by shape and by colour. */
export function KindIcon({ severity, kind }: KindIconProps) {
  if (severity === "error") return <ErrorCircle16Filled className={styles.error} aria-label="Error" />;
  if (severity === "warning") return <Warning16Filled className={styles.warning} aria-label="Warning" />;
  const Icon = ICONS.find(([pattern]) => pattern.test(kind))?.[1];
  if (Icon === undefined) return <CircleSmall20Filled className={styles.dot} aria-hidden="true" />;
  return <Icon className={isWrite(kind) ? styles.write : styles.read} aria-hidden="true" />;
}
