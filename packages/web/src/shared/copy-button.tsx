import { Button, type ButtonProps } from "@fluentui/react-components";
import { CheckmarkRegular } from "@fluentui/react-icons/svg/checkmark";
import { CopyRegular } from "@fluentui/react-icons/svg/copy";
import { useEffect, useState } from "react";
import { useToast } from "./toast.tsx";

const SHOWN_MS = 1_500;

type CopyButtonProps = Pick<ButtonProps, "appearance" | "size"> & {
  /** On the button, or for screen readers only if `isIconOnly`. */
  readonly label: string;
  readonly isIconOnly?: boolean;
  readonly text: string | (() => Promise<string>);
};

/** Copies a text and says so on the button. */
export function CopyButton({
  label,
  isIconOnly = false,
  text,
  appearance = "subtle",
  size = "small",
}: CopyButtonProps) {
  const [isCopied, setIsCopied] = useState(false);
  const { sayProblem } = useToast();
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setIsCopied(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [isCopied]);

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(typeof text === "string" ? text : await text());
      setIsCopied(true);
    } catch (error) {
      sayProblem(navigator.clipboard === undefined ? new Error(NO_CLIPBOARD) : error);
    }
  };

  return (
    <Button
      appearance={appearance}
      size={size}
      icon={isCopied ? <CheckmarkRegular /> : <CopyRegular />}
      onClick={copy}
      {...(isIconOnly && { "aria-label": isCopied ? `${label} (copied)` : label, title: label })}
    >
      {isIconOnly ? undefined : isCopied ? "Copied" : label}
    </Button>
  );
}

const NO_CLIPBOARD = "The browser allows copying on https and localhost only. Select the text and copy it yourself.";
