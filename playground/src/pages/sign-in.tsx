/** Where the server asks for an API key. */
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { apiKey, keepApiKey } from "../api/session";
import { Field } from "../parts/field";
import { useTitle } from "../parts/title";

export function SignIn({ signedIn }: { signedIn: () => void }): VNode {
  useTitle("Sign in");
  const [key, setKey] = useState("");
  const [forLong, setForLong] = useState(false);
  const refused = apiKey() !== null;
  return (
    <main class="page">
      <form
        class="narrow"
        onSubmit={(event) => {
          event.preventDefault();
          keepApiKey(key.trim(), forLong);
          signedIn();
        }}
      >
        <h1>Sign in</h1>
        <p>This server asks for an API key. Whoever runs it makes one for you.</p>
        {refused && (
          <p class="notice bad" role="alert">
            The server does not know the last key.
          </p>
        )}
        <Field label="API key">
          {(control) => (
            <input
              {...control}
              type="password"
              autocomplete="current-password"
              required
              value={key}
              onInput={(event) => setKey(event.currentTarget.value)}
            />
          )}
        </Field>
        <label class="check">
          <input type="checkbox" checked={forLong} onChange={(event) => setForLong(event.currentTarget.checked)} /> Keep
          it in this browser
        </label>
        <div class="buttons">
          <button type="submit" class="primary" disabled={key.trim() === ""}>
            Sign in
          </button>
        </div>
      </form>
    </main>
  );
}
