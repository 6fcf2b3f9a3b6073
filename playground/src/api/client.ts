/** One client for queries and mutations, over HTTP; what streams goes over the WebSocket of `socket.ts`. */
import { Client, cacheExchange, fetchExchange, mapExchange } from "@urql/core";
import { authorization } from "./session";
import { troubleOf } from "./trouble";

/** `refused` is called when the server asks for a key, or for another one. */
export function makeClient(refused: () => void): Client {
  const watch = mapExchange({
    onError: (error) => {
      if (troubleOf(error).code === "UNAUTHENTICATED") refused();
    },
  });
  return new Client({
    url: "/graphql",
    preferGetMethod: false,
    exchanges: [cacheExchange, watch, fetchExchange],
    fetchOptions: () => ({ headers: authorization() }),
    requestPolicy: "cache-and-network",
  });
}
