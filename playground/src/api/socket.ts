/** Subscriptions, and whether their connection stands. */
import { type TypedDocumentNode, stringifyDocument } from "@urql/core";
import { type Client, createClient } from "graphql-ws";
import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import { codeOf, type Trouble } from "./trouble";

export type Connection = "idle" | "open" | "lost";

export interface Sink<Data> {
  next: (data: Data) => void;
  failed: (trouble: Trouble) => void;
  ended?: () => void;
}

export interface Socket {
  /**
   * Follows a subscription until the returned function is called; after that the sink hears nothing. After a lost connection
   * it is asked for again, with the variables as they are then: `variables` is called anew each time.
   */
  follow: <Data, Variables extends Record<string, unknown>>(
    document: TypedDocumentNode<Data, Variables>,
    variables: () => Variables,
    sink: Sink<Data>,
  ) => () => void;
  connection: () => Connection;
  /** Calls the listener with each change, until the returned function is called. */
  watch: (listener: (connection: Connection) => void) => () => void;
}

interface SocketOptions {
  url: string;
  /** What a connection begins with, asked for anew each time. */
  greeting: () => Record<string, unknown>;
  /** The browser's own, unless a test brings another. */
  webSocket?: unknown;
}

/** The longest pause between two tries to connect, in milliseconds. */
const LONGEST_PAUSE = 8_000;

/** How often the server is asked for a sign of life, in milliseconds; a line without one for half as long is given up. */
const BEAT = 10_000;

/** Nothing is opened before somebody follows something, and all that is followed shares one connection. */
export function makeSocket(options: SocketOptions): Socket {
  const { say, connection, watch } = makeTold();
  let followed = 0;
  // With nobody following, it is closed on purpose.
  const client = connect(options, say, () => say(followed > 0 ? "lost" : "idle"));

  function follow<Data, Variables extends Record<string, unknown>>(
    document: TypedDocumentNode<Data, Variables>,
    variables: () => Variables,
    sink: Sink<Data>,
  ): () => void {
    followed += 1;
    let isOver = false;
    /** Whether it was under way until now. */
    const end = () => {
      if (isOver) return false;
      isOver = true;
      followed -= 1;
      if (followed === 0) say("idle");
      return true;
    };
    const unsubscribe = client.subscribe<Data>(payloadOf(document, variables), {
      next: ({ data, errors }) => {
        if (isOver) return;
        const error = errors?.[0];
        if (error) sink.failed({ message: error.message, code: codeOf(error.extensions) });
        else if (data) sink.next(data);
      },
      error: (cause) => {
        if (end()) sink.failed(refusal(cause));
      },
      complete: () => {
        if (end()) sink.ended?.();
      },
    });
    return () => {
      end();
      unsubscribe();
    };
  }
  return { follow, connection, watch };
}

/** The connection as it is now, for whoever wants to be told of a change. */
function makeTold() {
  const listeners = new Set<(connection: Connection) => void>();
  let current: Connection = "idle";
  return {
    connection: () => current,
    say: (next: Connection) => {
      current = next;
      for (const listener of listeners) listener(next);
    },
    watch: (listener: (connection: Connection) => void) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

function connect(
  { url, greeting, webSocket }: SocketOptions,
  say: (connection: Connection) => void,
  closed: () => void,
): Client {
  let silence: ReturnType<typeof setTimeout> | undefined;
  const client = createClient({
    url,
    connectionParams: greeting,
    webSocketImpl: webSocket,
    // A server that is started again is back in seconds, one that is gone for good is shown as such meanwhile.
    retryAttempts: Number.POSITIVE_INFINITY,
    retryWait,
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
      closed: () => {
        // The silence of this connection is not held against the next.
        clearTimeout(silence);
        closed();
      },
    },
  });
  return client;
}

async function retryWait(tries: number): Promise<void> {
  const pause = Math.min(250 * 2 ** tries, LONGEST_PAUSE);
  await new Promise((resolve) => setTimeout(resolve, pause * (0.75 + Math.random() / 2)));
}

function payloadOf<Variables>(document: TypedDocumentNode<unknown, Variables>, variables: () => Variables) {
  return {
    query: stringifyDocument(document),
    // Serialised for each try to connect, so that a resumed subscription goes on behind the last event.
    get variables() {
      return variables();
    },
  };
}

/** Errors of the server, or how the connection was closed. */
interface Cause {
  message?: unknown;
  extensions?: Record<string, unknown>;
  reason?: unknown;
}

function refusal(cause: unknown): Trouble {
  const { message, extensions, reason } = ((Array.isArray(cause) ? cause[0] : cause) ?? {}) as Cause;
  if (Array.isArray(cause) && typeof message === "string") return { message, code: codeOf(extensions) };
  if (typeof reason === "string" && reason) return { message: reason, code: "" };
  return { message: "the connection to the server broke off", code: "" };
}

export const SocketContext = createContext<Socket | undefined>(undefined);

export function useSocket(): Socket {
  const socket = useContext(SocketContext);
  if (!socket) throw new Error("there is no SocketContext around this component");
  return socket;
}

export function useConnection(): Connection {
  const socket = useSocket();
  const [current, setCurrent] = useState(socket.connection);
  useEffect(() => {
    setCurrent(socket.connection());
    return socket.watch(setCurrent);
  }, [socket]);
  return current;
}
