/** @typedef {Node | string | number | null | undefined | false} Child what is nothing is left out */
/**
 * Attributes by name; `on` has listeners by event. false and undefined leave one out, true sets it without a value.
 * @typedef {{ readonly on?: { readonly [event: string]: (event: any) => void },
 *   readonly [name: string]: unknown }} Attributes
 */

/**
 * Makes an element. Whatever is no node becomes text, never markup.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes | null} [attributes]
 * @param {...(Child | readonly Child[])} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === false || value === null || name === "on") continue;
    made.setAttribute(name, value === true ? "" : String(value));
  }
  for (const [event, listener] of Object.entries(attributes?.on ?? {})) made.addEventListener(event, listener);
  made.append(...nodesOf(children));
  return made;
}

/**
 * Puts these in the place of all that an element has.
 * @param {Element} parent
 * @param {...(Child | readonly Child[])} children
 */
export function fill(parent, ...children) {
  parent.replaceChildren(...nodesOf(children));
}

/**
 * The same for what is looked for again and again: where nothing differs nothing is touched, so that nobody is told of
 * it, and what has the focus is followed by what comes in its place.
 * @param {Element} parent
 * @param {...(Child | readonly Child[])} children
 */
export function refill(parent, ...children) {
  const made = document.createElement("div");
  fill(made, ...children);
  const [old, fresh] = [[...parent.childNodes], [...made.childNodes]];
  if (old.length === fresh.length && old.every((node, at) => fresh[at]?.isEqualNode(node))) return;
  const reached = () => /** @type {(Element | null)[]} */ ([...parent.querySelectorAll("a, button, summary")]);
  const held = reached().indexOf(document.activeElement);
  fill(parent, fresh);
  const place = reached()[held];
  if (place instanceof HTMLElement) place.focus({ preventScroll: true });
}

/** @param {readonly (Child | readonly Child[])[]} children */
function nodesOf(children) {
  return /** @type {(Node | string)[]} */ (
    children
      .flat()
      .filter((child) => child !== null && child !== undefined && child !== false)
      .map((child) => (child instanceof Node ? child : String(child)))
  );
}

/**
 * A button that does something here.
 * @param {Child | readonly Child[]} content
 * @param {(event: MouseEvent) => void} onClick
 * @param {Attributes} [attributes]
 */
export function button(content, onClick, attributes) {
  const { on, ...rest } = attributes ?? {};
  return element("button", { type: "button", ...rest, on: { click: onClick, ...on } }, content);
}

/** For those who do not see the sign beside it. @param {string} text */
export function hidden(text) {
  return element("span", { class: "visually-hidden" }, text);
}
