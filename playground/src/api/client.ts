/** One client for queries and mutations, over HTTP; what streams goes over the WebSocket of `socket.ts`. */
import { Client, cacheExchange, fetchExchange } from "@urql/core";
import { authorization } from "./session";

export function makeClient(): Client {
  return new Client({
    url: "/graphql",
    preferGetMethod: false,
    exchanges: [cacheExchange, fetchExchange],
    fetchOptions: () => ({ headers: authorization() }),
    requestPolicy: "cache-and-network",
  });
}
