/** An OpenAI-compatible endpoint on loopback that never answers, or writes what a test wants. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Model {
  env: Record<string, string>;
  stop: () => void;
}

/** `write` answers what is streamed for a piece; everything else waits for ever. */
export async function startModel(write?: (prompt: string) => string): Promise<Model> {
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (part) => (body += part));
    request.on("end", () => {
      const asked = body ? JSON.parse(body) : {};
      if (!write || !asked.stream) return;
      response.writeHead(200, { "content-type": "text/event-stream" });
      const text = write(asked.messages.at(-1).content);
      for (let at = 0; at < text.length; at += 40) {
        response.write(
          `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: text.slice(at, at + 40) }, finish_reason: null }] })}\n\n`,
        );
      }
      response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] })}\n\n`);
      response.end("data: [DONE]\n\n");
    });
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address() as AddressInfo;
  return {
    env: { PATHWRIGHT_LLM_BASE_URL: `http://127.0.0.1:${port}/v1`, PATHWRIGHT_LLM_MODEL: "stub" },
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
