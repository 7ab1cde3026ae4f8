import { Button, MessageBar, MessageBarActions, MessageBarBody, MessageBarTitle } from "@fluentui/react-components";
import { useSyncExternalStore } from "react";
import { currentOutage, retryNow, subscribeOutage } from "../api/outage.ts";

/** Reports an outage once, for the whole page. */
export function OutageBanner({ fallback }: { readonly fallback?: string }) {
  const reason = useSyncExternalStore(subscribeOutage, currentOutage) ?? fallback;
  return (
    <div role="alert">
      {reason !== undefined && (
        <MessageBar intent="error" shape="square">
          <MessageBarBody>
            <MessageBarTitle>Connection lost.</MessageBarTitle> {reason} Trying again…
          </MessageBarBody>
          <MessageBarActions>
            <Button size="small" onClick={retryNow}>
              Try now
            </Button>
          </MessageBarActions>
        </MessageBar>
      )}
    </div>
  );
}
