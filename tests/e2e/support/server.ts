/** The real server, a process of its own: fresh database in memory, free port. */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

export interface Server {
  url: string;
  /** A query or mutation, as a frontend sends it; an error of the API is an error here. */
  ask: <Data>(query: string, variables?: Record<string, unknown>) => Promise<Data>;
  stop: () => Promise<void>;
}

export interface Options {
  /** Without the sample library. */
  empty?: boolean;
  env?: Record<string, string>;
  args?: readonly string[];
}

export async function startServer({ empty, env = {}, args = [] }: Options = {}): Promise<Server> {
  const program = process.env.PATHWRIGHT;
  if (!program) throw new Error("PATHWRIGHT has to name the program: cargo test does");
  const folder = await mkdtemp(join(tmpdir(), "pathwright-e2e-"));
  const flags = [
    "serve",
    "--addr",
    "127.0.0.1:0",
    "--store",
    "mem://",
    "--data",
    join(folder, "data"),
    ...(empty ? ["--no-sample"] : []),
    ...args,
  ];
  const child = spawn(program, flags, {
    cwd: folder,
    env: {
      PATH: process.env.PATH ?? "",
      PATHWRIGHT_LOG_FILTER: "error",
      ...(process.env.PAGES && { PATHWRIGHT_PAGES_FOLDER: process.env.PAGES }),
      ...env,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<never>((_, fail) =>
    child.once("exit", (code) => fail(new Error(`the server ended with ${code}`))),
  );
  ended.catch(() => undefined);
  const lines = createInterface({ input: child.stdout });
  const listening = new Promise<string>((found) =>
    lines.on("line", (line) => line.startsWith("listening on ") && found(line.slice("listening on ".length))),
  );
  const url = await Promise.race([listening, ended]);
  return {
    url,
    ask: async (query, variables = {}) => {
      const answer = await fetch(`${url}/graphql`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ query, variables }),
      });
      const { data, errors } = await answer.json();
      if (errors) throw new Error(JSON.stringify(errors));
      return data;
    },
    stop: async () => {
      const gone = new Promise((done) => child.once("exit", done));
      child.kill("SIGKILL");
      await gone;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
