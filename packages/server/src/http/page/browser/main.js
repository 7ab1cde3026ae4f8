import { whenSessionEnds } from "./api/ask.js";
import { element, fill } from "./dom/element.js";
import { goToHeading } from "./dom/heading.js";
import { startApp } from "./shell/app.js";
import { addCopyButtons } from "./shell/copy.js";
import { failedView } from "./shell/notice.js";
import { lookForEndpoints, resumeSession, signOut } from "./shell/session.js";
import { signInForm } from "./shell/sign-in.js";
import { themeSwitch } from "./shell/theme.js";
import { topBar } from "./shell/top-bar.js";

// Begins: shows who is signed in the page, and to everybody else how to sign in and to connect.

const top = /** @type {HTMLElement} */ (document.getElementById("top"));
const view = /** @type {HTMLElement} */ (document.getElementById("view"));
const brand = /** @type {HTMLElement} */ (top.querySelector(".brand"));

const NOT_KEPT =
  "The secret is right, but the browser did not keep the session. Allow cookies, and open this page by https where the server has a public https address.";

/** @type {() => void} */
let stopApp = () => undefined;

/** @type {Promise<void> | undefined} */
let starting;

addCopyButtons();
/** @type {HTMLElement} */ (document.querySelector(".skip-link")).addEventListener("click", (event) => {
  // The part of the address behind # says which view is shown.
  event.preventDefault();
  document.getElementById("main")?.focus();
});
whenSessionEnds(() => signedOut("You were signed out. Sign in again to go on."));
await start();

/** Once, also for who asks again while it takes its time. */
function start() {
  starting ??= begin().finally(() => {
    starting = undefined;
  });
  return starting;
}

async function begin() {
  try {
    const isFromForm = shownState() === "signed-out";
    if (!(await resumeSession())) return signedOut(isFromForm ? NOT_KEPT : undefined);
    await signedIn();
  } catch (error) {
    showState("unreachable");
    fill(top, brand, themeSwitch());
    fill(view, failedView(error, start));
  }
}

/** @param {string | undefined} reason */
function signedOut(reason) {
  const wasIn = shownState() === "signed-in";
  stopApp();
  for (const dialog of document.querySelectorAll("dialog")) dialog.close();
  showState("signed-out");
  fill(top, brand, element("div", { class: "top-end" }, themeSwitch()));
  fill(view, signInForm(reason, start));
  if (wasIn || reason !== undefined) document.getElementById("secret")?.focus();
}

async function signedIn() {
  await lookForEndpoints();
  const wasOut = shownState() === "signed-out";
  showState("signed-in");
  topBar(top, brand, async () => {
    await signOut();
    signedOut(undefined);
  });
  stopApp = startApp(view);
  if (wasOut) goToHeading(view);
}

function shownState() {
  return document.documentElement.dataset["state"];
}

/** @param {string} state what the styles show and hide by */
function showState(state) {
  document.documentElement.dataset["state"] = state;
}
