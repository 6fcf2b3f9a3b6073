/** Subscriptions, and whether their connection stands. */
import { type TypedDocumentNode, stringifyDocument } from "@urql/core";
import { type Client, createClient } from "graphql-ws";
import { useEffect, useState } from "preact/hooks";
import type { Trouble } from "./trouble";
import { authorization } from "./session";

export type Connection = "idle" | "open" | "lost";

const listeners = new Set<(connection: Connection) => void>();
let connection: Connection = "idle";

function say(next: Connection): void {
  connection = next;
  for (const listener of listeners) listener(next);
}

export function useConnection(): Connection {
  const [current, setCurrent] = useState(connection);
  useEffect(() => {
    setCurrent(connection);
    listeners.add(setCurrent);
    return () => void listeners.delete(setCurrent);
  }, []);
  return current;
}

/** The longest pause between two tries to connect, in milliseconds. */
const LONGEST_PAUSE = 8_000;

/** How often the server is asked for a sign of life, in milliseconds; a line without one for half as long is given up. */
const BEAT = 10_000;

let silence: ReturnType<typeof setTimeout> | undefined;

/** Subscriptions under way. */
let followed = 0;

const client: Client = createClient({
  url: () => `${location.origin.replace(/^http/, "ws")}/graphql/ws`,
  connectionParams: authorization,
  // A server that is started again is back in seconds, one that is gone for good is shown as such meanwhile.
  retryAttempts: Number.POSITIVE_INFINITY,
  retryWait: async (tries) => {
    const pause = Math.min(250 * 2 ** tries, LONGEST_PAUSE);
    await new Promise((resolve) => setTimeout(resolve, pause * (0.75 + Math.random() / 2)));
  },
  // Refused for good: the key is not known.
  shouldRetry: (event) => (event as CloseEvent).code !== 4403,
  keepAlive: BEAT,
  on: {
    ping: (received) => {
      if (!received) silence = setTimeout(() => client.terminate(), BEAT / 2);
    },
    pong: (received) => {
      if (received) clearTimeout(silence);
    },
    connected: () => say("open"),
    // With nobody following, it is closed on purpose.
    closed: () => say(followed > 0 ? "lost" : "idle"),
  },
});

export interface Sink<Data> {
  next: (data: Data) => void;
  failed: (trouble: Trouble) => void;
  ended?: () => void;
}

/**
 * Follows a subscription until the returned function is called. After a lost connection it is asked for again, with the
 * variables as they are then: `variables` is called anew each time.
 */
export function follow<Data, Variables extends Record<string, unknown>>(
  document: TypedDocumentNode<Data, Variables>,
  variables: () => Variables,
  sink: Sink<Data>,
): () => void {
  const payload = {
    query: stringifyDocument(document),
    // Serialised for each try to connect, so that a resumed subscription goes on behind the last event.
    get variables() {
      return variables();
    },
  };
  followed += 1;
  let ended = false;
  const end = () => {
    if (ended) return;
    ended = true;
    followed -= 1;
    if (followed === 0) say("idle");
  };
  const unsubscribe = client.subscribe<Data>(payload, {
    next: ({ data, errors }) => {
      const error = errors?.[0];
      if (error) sink.failed({ message: error.message, code: String(error.extensions?.["code"] ?? "") });
      else if (data) sink.next(data);
    },
    error: (cause) => {
      end();
      sink.failed(refused(cause));
    },
    complete: () => {
      end();
      sink.ended?.();
    },
  });
  return () => {
    end();
    unsubscribe();
  };
}

function refused(cause: unknown): Trouble {
  const first = Array.isArray(cause) ? cause[0] : undefined;
  if (first && typeof first.message === "string") {
    return { message: first.message, code: String(first.extensions?.code ?? "") };
  }
  if (cause instanceof CloseEvent && cause.reason) return { message: cause.reason, code: "" };
  return { message: "the connection to the server broke off", code: "" };
}
