import type { Client } from "@urql/core";
import { expect, test } from "vitest";
import { everything } from "./my-data";

/** A server with three pages of paths, which fails behind a cursor if it is told to. */
function serverOf(pages: Record<string, { ids: string[]; next: string | null }>, broken?: string): Client {
  const query = (_: unknown, { after }: { after: string | null }) => {
    const page = pages[after ?? ""];
    const nodes = page?.ids.map((id) => ({ id }));
    const learningPaths = { nodes, pageInfo: { hasNextPage: page?.next !== null, endCursor: page?.next } };
    const isBroken = broken !== undefined && after === broken;
    return {
      toPromise: () =>
        Promise.resolve(isBroken ? { error: "broken" } : { data: { user: { id: "ada", learningPaths } } }),
    };
  };
  return { query } as unknown as Client;
}

const PAGES = { "": { ids: ["1", "2"], next: "b" }, b: { ids: ["3"], next: "c" }, c: { ids: ["4"], next: null } };

test("everything about a learner has the paths of every page, in their order", async () => {
  const user = await everything(serverOf(PAGES), "ada");
  expect(user?.learningPaths.nodes.map(({ id }) => id)).toEqual(["1", "2", "3", "4"]);
  expect(user?.learningPaths.pageInfo.hasNextPage).toBe(false);
});

test("a part is never given out as everything", async () => {
  await expect(everything(serverOf(PAGES, "c"), "ada")).rejects.toBe("broken");
});
