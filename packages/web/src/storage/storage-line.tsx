import { MessageBar, MessageBarBody, MessageBarTitle } from "@fluentui/react-components";
import type { BackupStatus } from "../api/types.ts";
import { storageWords } from "./storage-words.ts";

/** How safe the data is, in a sentence, and what is wrong. */
export function StorageLine({ status }: { readonly status: BackupStatus }) {
  const { intent, text, problems } = storageWords(status);
  return (
    <MessageBar intent={intent} layout="multiline">
      <MessageBarBody>
        <MessageBarTitle>{text}</MessageBarTitle>
        {problems.map((problem) => (
          <p key={problem}>{problem}</p>
        ))}
      </MessageBarBody>
    </MessageBar>
  );
}
