import { Provider } from "@urql/preact";
import { render } from "preact";
import { useMemo, useState } from "preact/hooks";
import { makeClient } from "./api/client";
import { App } from "./app";
import { SignIn } from "./pages/sign-in";
import "./styles/index.css";

function Root() {
  // Another learner or another key begins with an empty cache.
  const [session, setSession] = useState({ number: 0, isRefused: false });
  const client = useMemo(() => makeClient(() => setSession((now) => ({ ...now, isRefused: true }))), [session.number]);
  const renew = () => setSession(({ number }) => ({ number: number + 1, isRefused: false }));
  if (session.isRefused) return <SignIn signedIn={renew} />;
  return (
    <Provider value={client}>
      <App key={session.number} renew={renew} />
    </Provider>
  );
}

render(<Root />, document.getElementById("app")!);
