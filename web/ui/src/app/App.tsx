/** Decides between the sign-in page and the signed-in application. */
import { useEffect } from "react";

import { Skeleton } from "../components/Skeleton";
import { SignIn } from "../features/session/SignIn";
import { takeLinkToken, useSession, useSignIn } from "../features/session/session";
import { SignedIn } from "./SignedIn";

export function App() {
  const link = useSignIn();
  const session = useSession();
  const { mutate } = link;
  useEffect(() => {
    function followLink() {
      const token = takeLinkToken();
      if (token !== null) mutate({ link_token: token });
    }
    followLink();
    // A link pasted into a tab that shows REX already changes the address without loading the page.
    window.addEventListener("hashchange", followLink);
    return () => window.removeEventListener("hashchange", followLink);
  }, [mutate]);

  if (session.isPending || link.isPending) {
    return (
      <main className="sign-in">
        <Skeleton label="Opening the Command Center" />
      </main>
    );
  }
  return session.data ? <SignedIn session={session.data} /> : <SignIn error={link.error ?? session.error} />;
}
