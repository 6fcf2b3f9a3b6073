import { Provider } from "@urql/preact";
import { render } from "preact";
import { useMemo, useState } from "preact/hooks";
import { makeClient } from "./api/client";
import { App } from "./app";
import "./styles/index.css";

function Root() {
  // Another learner or another key begins with an empty cache.
  const [session, setSession] = useState(0);
  const client = useMemo(makeClient, [session]);
  return (
    <Provider value={client}>
      <App key={session} renew={() => setSession((count) => count + 1)} />
    </Provider>
  );
}

render(<Root />, document.getElementById("app")!);
