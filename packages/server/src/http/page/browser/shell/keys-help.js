import { element } from "../dom/element.js";
import { openDialog } from "./dialog.js";

/** @type {readonly (readonly [keys: string, what: string])[]} */
const MEANINGS = [
  ["j  ↓", "next exchange"],
  ["k  ↑", "previous exchange"],
  ["Enter", "open it"],
  ["Esc", "close what is open"],
  ["/", "search"],
  ["f", "only failures"],
  ["p", "pause, or go on"],
  ["n", "show what is new"],
  ["g a", "activity"],
  ["g u", "users"],
  ["g g", "groups"],
  ["g s", "server"],
  ["?", "this list"],
];

export function showKeys() {
  if (document.querySelector("dialog.keys[open]") !== null) return;
  openDialog(
    "Keys",
    [
      element(
        "dl",
        { class: "keys" },
        ...MEANINGS.map(([keys, what]) =>
          element(
            "div",
            null,
            element("dt", null, ...keys.split(/ +/).map((key) => element("kbd", null, key))),
            element("dd", null, what),
          ),
        ),
      ),
    ],
    { className: "narrow keys" },
  );
}
