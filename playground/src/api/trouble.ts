/** What went wrong, in one shape, whether the server said so, refused, or did not answer. */
import type { CombinedError } from "@urql/core";

export interface Trouble {
  /** One sentence for people. */
  message: string;
  /** The server's code; empty where there is none. */
  code: string;
  /** The server did not answer at all. */
  unreachable?: boolean;
}

export function troubleOf(error: CombinedError): Trouble {
  const first = error.graphQLErrors[0];
  if (first) return { message: first.message, code: codeOf(first.extensions) };
  return { message: "the server cannot be reached", code: "", unreachable: true };
}

/** The code among an error's extensions, where there is one. */
export function codeOf(extensions: Record<string, unknown> | undefined): string {
  return typeof extensions?.code === "string" ? extensions.code : "";
}

/** The server's sentences begin in lower case and have no period, to stand behind a name; a page shows them alone. */
export function sentence(message: string): string {
  const text = message.trim();
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?…]$/.test(text) ? "" : ".");
}
