import { MessageBar, MessageBarBody } from "@fluentui/react-components";
import { messageOf } from "../api/problem.ts";

/** What the server refused, if it did. */
export function ErrorBar({ error }: { readonly error: Error | null }) {
  if (error === null) return null;
  return (
    <MessageBar intent="error" layout="multiline" role="alert">
      <MessageBarBody>{messageOf(error)}</MessageBarBody>
    </MessageBar>
  );
}
