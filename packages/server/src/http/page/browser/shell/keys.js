/** Keys that work all over the page. A view may have its own, which then come first. */

/** @typedef {{ readonly [key: string]: () => void }} Keys by `KeyboardEvent.key` */

/** @typedef {{ readonly keys: Keys, readonly dialog?: HTMLDialogElement }} Layer */

/** @type {Layer[]} the innermost last */
const layers = [];

/**
 * @param {Keys} keys
 * @returns {() => void} takes them away
 */
export function addKeys(keys) {
  return add({ keys });
}

/**
 * Keys of what is before everything else: no others work while it is open.
 * @param {Keys} keys
 * @param {HTMLDialogElement} dialog
 * @returns {() => void} takes them away
 */
export function addModalKeys(keys, dialog) {
  return add({ keys, dialog });
}

/** @param {Layer} layer */
function add(layer) {
  layers.push(layer);
  return () => {
    const place = layers.indexOf(layer);
    if (place !== -1) layers.splice(place, 1);
  };
}

/** How long the first key of two is remembered. */
const SECOND_KEY_MS = 1_200;

let firstKey = "";
let firstKeyMs = 0;

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTyping(event.target)) return;
  const isSecond = firstKey !== "" && event.timeStamp - firstKeyMs < SECOND_KEY_MS;
  const key = isSecond ? `${firstKey} ${event.key}` : event.key;
  firstKey = !isSecond && event.key === "g" ? "g" : "";
  firstKeyMs = event.timeStamp;
  for (const { keys, dialog } of layers.toReversed()) {
    // Browsers tell of the end of a dialog with the next frame only.
    if (dialog?.open === false) continue;
    const act = keys[key];
    if (act !== undefined) {
      event.preventDefault();
      act();
    }
    if (act !== undefined || dialog !== undefined) return;
  }
});

/** @param {EventTarget | null} target */
function isTyping(target) {
  return target instanceof HTMLElement && target.matches("input, textarea, select, [contenteditable]");
}
