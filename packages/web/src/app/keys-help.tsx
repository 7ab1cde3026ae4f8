import { Button } from "@fluentui/react-components";
import { DialogFrame } from "../shared/dialog-frame.tsx";
import styles from "./keys-help.module.css";

const KEYS: readonly (readonly [key: string, what: string])[] = [
  ["Ctrl K", "Go to or search"],
  ["g a", "Activity"],
  ["g u", "Users"],
  ["g g", "Groups"],
  ["g e", "Endpoints"],
  ["g w", "Workbench"],
  ["g s", "Storage"],
  ["g v", "Server"],
  ["/", "Search in this view"],
  ["j", "Next row, or the older exchange"],
  ["k", "Previous row, or the newer exchange"],
  ["Enter", "Open the row"],
  ["Esc", "Close"],
  ["f", "Activity: failures only"],
  ["c", "Activity: changes only"],
  ["t", "Activity: table or sentences"],
  ["p", "Activity: pause or resume"],
  ["?", "This list"],
];

export function KeysHelp({ onClose }: { readonly onClose: () => void }) {
  return (
    <DialogFrame title="Keyboard shortcuts" onClose={onClose} actions={<Button onClick={onClose}>Close</Button>}>
      <dl className={styles.keys}>
        {KEYS.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </DialogFrame>
  );
}
