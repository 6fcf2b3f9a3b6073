import { Provider } from "@urql/preact";
import { render } from "preact";
import { useState } from "preact/hooks";
import { makeClient } from "./api/client";
import { authorization } from "./api/session";
import { makeSocket, SocketContext } from "./api/socket";
import { App } from "./app";
import { SignIn } from "./pages/sign-in";
import "./styles/index.css";

const socket = makeSocket({ url: `${location.origin.replace(/^http/, "ws")}/graphql/ws`, greeting: authorization });

function Root() {
  const [number, setNumber] = useState(0);
  return <Session key={number} renew={() => setNumber(number + 1)} />;
}

/** Another learner or another key begins with an empty cache. */
function Session({ renew }: { renew: () => void }) {
  const [isRefused, setIsRefused] = useState(false);
  const [client] = useState(() => makeClient(() => setIsRefused(true)));
  if (isRefused) return <SignIn signedIn={renew} />;
  return (
    <Provider value={client}>
      <SocketContext.Provider value={socket}>
        <App renew={renew} />
      </SocketContext.Provider>
    </Provider>
  );
}

const place = document.getElementById("app");
if (!place) throw new Error("index.html has no #app");
render(<Root />, place);
