import { Problem } from "../api/ask.js";
import { button, element, fill } from "../dom/element.js";
import { icon } from "../dom/icon.js";
import { signIn } from "./session.js";

/**
 * The form that lets somebody in.
 * @param {string | undefined} reason why it is shown, where it was not asked for
 * @param {() => Promise<void>} whenIn
 */
export function signInForm(reason, whenIn) {
  const secret = element("input", {
    id: "secret",
    name: "password",
    type: "password",
    autocomplete: "current-password",
    required: true,
    spellcheck: "false",
    autocapitalize: "off",
    "aria-describedby": "sign-in-message secret-hint",
  });
  const show = button("Show", () => {
    const isShown = secret.type === "text";
    secret.type = isShown ? "password" : "text";
    show.textContent = isShown ? "Show" : "Hide";
    show.setAttribute("aria-pressed", String(!isShown));
  });
  show.setAttribute("aria-pressed", "false");
  show.setAttribute("aria-label", "Show the secret");
  const submit = element("button", { type: "submit", class: "primary" }, "Sign in");
  const message = element("p", { id: "sign-in-message", class: "message", role: "alert" });
  if (reason !== undefined) message.textContent = reason;

  /** @param {SubmitEvent} event */
  const onSubmit = async (event) => {
    event.preventDefault();
    if (secret.value === "") return;
    submit.disabled = true;
    message.textContent = "";
    try {
      await signIn(secret.value);
      await whenIn();
    } catch (error) {
      fill(message, icon("error"), refusalText(error));
      secret.select();
    } finally {
      submit.disabled = false;
    }
  };

  return element(
    "section",
    { class: "card sign-in", "aria-labelledby": "sign-in-heading" },
    element("h1", { id: "sign-in-heading" }, "Watch your identity provider work"),
    element(
      "p",
      { class: "soft" },
      "Sign in to see each request as a sentence: who was created, what changed, what failed and how to mend it.",
    ),
    element(
      "form",
      { on: { submit: onSubmit }, method: "post" },
      // Password managers keep a secret by the name beside it.
      element("input", {
        class: "visually-hidden",
        type: "text",
        name: "username",
        autocomplete: "username",
        value: "administrator",
        readonly: true,
        tabindex: "-1",
        "aria-hidden": "true",
      }),
      element("label", { for: "secret" }, "Administration secret"),
      element("div", { class: "with-button" }, secret, show, submit),
      message,
      element(
        "p",
        { id: "secret-hint", class: "soft small" },
        "The first start printed it; it is kept in ",
        element("code", null, "secrets/admin"),
        " of the data folder, unless ",
        element("code", null, "ADMIN_SECRET"),
        " sets it. Who shall only look uses the viewer's secret.",
      ),
    ),
  );
}

/** @param {unknown} error */
function refusalText(error) {
  if (!(error instanceof Problem)) throw error;
  const { status, message, retryAfterSeconds } = error;
  if (status === 401 || status === 403) return `That secret does not open this page. ${message}`;
  if (status === 429) return `Too many attempts. Try again ${soon(retryAfterSeconds)}.`;
  if (status === 503) return `The server is not ready yet: ${message} Try again ${soon(retryAfterSeconds)}.`;
  return message;
}

/** @param {number | undefined} seconds */
function soon(seconds) {
  if (seconds === undefined) return "in a moment";
  return seconds < 90 ? `in ${seconds} s` : `in ${Math.ceil(seconds / 60)} minutes`;
}
