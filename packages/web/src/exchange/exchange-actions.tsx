import { Button } from "@fluentui/react-components";
import { ArrowRepeatAllRegular } from "@fluentui/react-icons/svg/arrow-repeat-all";
import { EditRegular } from "@fluentui/react-icons/svg/edit";
import { useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { api, dataOf } from "../api/client.ts";
import type { Exchange } from "../api/types.ts";
import { useMayChange } from "../session/session.ts";
import { CopyButton } from "../shared/copy-button.tsx";
import styles from "./exchange-content.module.css";

const ReplayDialog = lazy(async () => ({ default: (await import("./replay-dialog.tsx")).ReplayDialog }));

export function ExchangeActions({ exchange }: { readonly exchange: Exchange }) {
  const [isReplaying, setIsReplaying] = useState(false);
  const mayChange = useMayChange();
  const navigate = useNavigate();
  const { id, path } = exchange;
  const curl = () => dataOf(api.GET("/api/exchanges/{id}/curl", { params: { path: { id } }, parseAs: "text" }));
  return (
    <div className={styles.actions}>
      <CopyButton label="Copy as curl" appearance="secondary" text={curl} />
      <CopyButton
        label="Copy link"
        appearance="secondary"
        text={`${location.origin}${location.pathname}#/exchanges/${id}`}
      />
      {/* Only SCIM requests can be sent again. */}
      {mayChange && !path.startsWith("/api/") && (
        <>
          <Button size="small" icon={<ArrowRepeatAllRegular />} onClick={() => setIsReplaying(true)}>
            Replay…
          </Button>
          <Button
            size="small"
            icon={<EditRegular />}
            onClick={() => void navigate({ to: "/workbench", search: { exchange: String(id) } })}
          >
            Edit and send
          </Button>
        </>
      )}
      <Suspense fallback={null}>
        {isReplaying && <ReplayDialog exchange={exchange} onClose={() => setIsReplaying(false)} />}
      </Suspense>
    </div>
  );
}
