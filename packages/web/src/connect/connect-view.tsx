import { useParams } from "@tanstack/react-router";
import { useTitle } from "../shared/title.ts";
import { Connect } from "./connect.tsx";

export function ConnectView() {
  const { endpoint } = useParams({ from: "/endpoints/$endpoint/connect" });
  useTitle("Connect");
  return <Connect key={endpoint} endpoint={endpoint} />;
}
