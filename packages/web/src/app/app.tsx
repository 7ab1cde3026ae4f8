import { useQuery } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { sessionQuery } from "../api/queries.ts";
import { SignIn } from "../session/sign-in.tsx";
import { OutageBanner } from "./outage-banner.tsx";
import { router } from "./router.tsx";

export function App() {
  const { data, isPending, isError } = useQuery(sessionQuery);
  if (isError) return <OutageBanner fallback="The page cannot tell whether you are signed in." />;
  if (isPending) return null;
  return data === null ? <SignIn /> : <RouterProvider router={router} />;
}
