/** Where the server asks for an API key. */
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { apiKey, keepApiKey } from "../api/session";
import { TextInput } from "../parts/field";
import { Form, Submit } from "../parts/form";
import { useTitle } from "../parts/title";

export function SignIn({ signedIn }: { signedIn: () => void }): VNode {
  useTitle("Sign in");
  const [key, setKey] = useState("");
  const [forLong, setForLong] = useState(false);
  const refused = apiKey() !== null;
  return (
    <main class="page">
      <Form
        class="narrow"
        send={() => {
          keepApiKey(key.trim(), forLong);
          signedIn();
        }}
        actions={<Submit isReady={key.trim() !== ""}>Sign in</Submit>}
      >
        <h1>Sign in</h1>
        <p>This server asks for an API key. Whoever runs it makes one for you.</p>
        {refused && (
          <p class="notice bad" role="alert">
            The server does not know the last key.
          </p>
        )}
        <TextInput
          label="API key"
          type="password"
          autocomplete="current-password"
          required
          value={key}
          change={setKey}
        />
        <label class="check">
          <input type="checkbox" checked={forLong} onChange={(event) => setForLong(event.currentTarget.checked)} /> Keep
          it in this browser
        </label>
      </Form>
    </main>
  );
}
