/** The way in: an API key, or e-mail and password. */
import { type SubmitEvent, useState } from "react";

import { Logo } from "../../app/Logo";
import { Field } from "../../components/Field";
import { FilterTabs } from "../../components/FilterTabs";
import { ProblemNotice } from "../../components/ProblemNotice";
import { formText } from "../../components/formText";
import { useSignIn } from "./session";

type Way = "key" | "password";

const WAYS = [
  { value: "key", label: "API key" },
  { value: "password", label: "E-mail and password" },
] as const;

export function SignIn({ error }: { error: unknown }) {
  const [way, setWay] = useState<Way>("key");
  const signIn = useSignIn();
  const problem = signIn.error ?? error;

  function submit(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    signIn.mutate(
      way === "key"
        ? { api_key: formText(form, "api_key").trim() }
        : { email: formText(form, "email").trim(), password: formText(form, "password") },
    );
  }

  return (
    <main className="sign-in">
      <Logo />
      <h1>Sign in to the Command Center</h1>
      <FilterTabs label="Sign in with" value={way} options={WAYS} onChange={(chosen) => setWay(chosen ?? "key")} />
      <form className="stack" onSubmit={submit}>
        {way === "key" ? <KeyFields key="key" /> : <PasswordFields key="password" />}
        {problem != null && <ProblemNotice error={problem} />}
        <button type="submit" className="button button--primary" disabled={signIn.isPending}>
          {signIn.isPending ? "Signing in…" : "Sign in"}
        </button>
      </form>
    </main>
  );
}

function KeyFields() {
  return (
    <Field label="API key" hint="Printed once by “make up”. Make another with: rex keys create">
      {(ids) => (
        <input {...ids} name="api_key" type="password" required autoComplete="current-password" spellCheck={false} />
      )}
    </Field>
  );
}

function PasswordFields() {
  return (
    <>
      <Field label="E-mail">{(ids) => <input {...ids} name="email" type="email" required autoComplete="username" />}</Field>
      <Field label="Password">
        {(ids) => <input {...ids} name="password" type="password" required autoComplete="current-password" />}
      </Field>
    </>
  );
}
