import { Button, Field, Input, Link, MessageBar, MessageBarBody } from "@fluentui/react-components";
import { EyeRegular } from "@fluentui/react-icons/svg/eye";
import { EyeOffRegular } from "@fluentui/react-icons/svg/eye-off";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { messageOf, Problem } from "../api/problem.ts";
import { Brand } from "../app/brand.tsx";
import { ThemeMenu } from "../app/theme-menu.tsx";
import { focusHeading } from "../shared/focus.ts";
import { reasonOfSignOut, signIn } from "./session.ts";
import styles from "./sign-in.module.css";

const NOT_KEPT =
  "The secret is correct, but the browser did not keep the session. Allow cookies. If the server has a public https address, open this page there.";

export function SignIn() {
  const [secret, setSecret] = useState("");
  const [isShown, setIsShown] = useState(false);
  const [isPending, setIsPending] = useState(false);
  const [message, setMessage] = useState(reasonOfSignOut);
  const field = useRef<HTMLInputElement>(null);

  useEffect(() => {
    field.current?.focus();
    return focusHeading;
  }, []);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (secret === "" || isPending) return;
    setIsPending(true);
    setMessage(undefined);
    try {
      if ((await signIn(secret)) === "not kept") setMessage(NOT_KEPT);
    } catch (error) {
      setMessage(refusalText(error));
      field.current?.select();
    }
    setIsPending(false);
  };

  return (
    <div className={styles.page}>
      <header className={styles.top}>
        <Brand />
        <ThemeMenu />
      </header>
      <main className={styles.main}>
        <form className={styles.card} method="post" onSubmit={submit} aria-labelledby="sign-in-heading">
          <h1 id="sign-in-heading" className={styles.heading}>
            Sign in
          </h1>
          <p className={styles.intro}>
            See what your identity provider does: which users and groups it changed, what failed, and how to fix it.
          </p>
          {/* Password managers store a secret under the name beside it. */}
          <input
            className="visually-hidden"
            type="text"
            name="username"
            autoComplete="username"
            value="administrator"
            readOnly
            tabIndex={-1}
            aria-hidden="true"
          />
          <Field label="Admin or viewer secret">
            <Input
              ref={field}
              className={styles.secret}
              size="large"
              name="password"
              type={isShown ? "text" : "password"}
              autoComplete="current-password"
              required
              spellCheck={false}
              autoCapitalize="off"
              value={secret}
              onChange={(_event, { value }) => setSecret(value)}
              contentAfter={
                <Button
                  appearance="transparent"
                  size="small"
                  icon={isShown ? <EyeOffRegular /> : <EyeRegular />}
                  aria-label={isShown ? "Hide the secret" : "Show the secret"}
                  onClick={() => setIsShown(!isShown)}
                />
              }
            />
          </Field>
          <div role="alert" className={styles.alert}>
            {message !== undefined && (
              <MessageBar intent={message === reasonOfSignOut() ? "info" : "error"} layout="multiline">
                <MessageBarBody>{message}</MessageBarBody>
              </MessageBar>
            )}
          </div>
          <Button type="submit" appearance="primary" size="large" disabledFocusable={isPending}>
            {isPending ? "Signing in…" : "Sign in"}
          </Button>
          <p className={styles.hint}>
            The admin secret was printed at first start and saved in <code>secrets/admin</code> of the data folder,
            unless you set <code>ADMIN_SECRET</code>. For read-only access, use the viewer secret.
          </p>
        </form>
        <p className={styles.links}>
          <Link href="/api/docs">API documentation</Link>
        </p>
      </main>
    </div>
  );
}

function refusalText(error: unknown): string {
  if (!(error instanceof Problem)) return messageOf(error);
  const { status, message, retryAfter } = error;
  if (status === 401) return `This secret is wrong. ${message}`;
  if (status === 403) return `This secret does not open this page. ${message}`;
  if (status === 429) return `Too many wrong secrets. Try again ${soon(retryAfter)}.`;
  if (status === 503) return `The server is not ready yet: ${message} Try again ${soon(retryAfter)}.`;
  return message;
}

function soon(seconds: number | undefined): string {
  if (seconds === undefined) return "in a moment";
  return seconds < 90 ? `in ${seconds} s` : `in ${Math.ceil(seconds / 60)} minutes`;
}
