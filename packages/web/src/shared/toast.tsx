import { Toast, ToastBody, ToastTitle, useToastController } from "@fluentui/react-components";
import { useMemo } from "react";
import { isReportedElsewhere, messageOf } from "../api/problem.ts";

export const TOASTER = "page";

/** Long enough to read a sentence or two. */
const PROBLEM_MS = 15_000;

/** Short messages at the edge of the page. */
export function useToast() {
  const { dispatchToast } = useToastController(TOASTER);
  return useMemo(
    () => ({
      say: (text: string) =>
        dispatchToast(
          <Toast>
            <ToastTitle>{text}</ToastTitle>
          </Toast>,
          { intent: "success" },
        ),
      sayProblem: (error: unknown) => {
        if (isReportedElsewhere(error)) return;
        dispatchToast(
          <Toast>
            <ToastTitle>That did not work</ToastTitle>
            <ToastBody>{messageOf(error)}</ToastBody>
          </Toast>,
          { intent: "error", timeout: PROBLEM_MS },
        );
      },
    }),
    [dispatchToast],
  );
}
