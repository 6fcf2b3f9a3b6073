import { expect, test } from "vitest";
import type { ContentStreamSubscription } from "../../generated/operations";
import { BLANK, written } from "./writing";

type Chunk = ContentStreamSubscription["contentStream"];

const chunk = (seq: number, delta: string, part: Partial<Chunk> = {}): Chunk => ({
  seq,
  delta,
  restart: false,
  done: false,
  content: null,
  error: null,
  ...part,
});

const text = (...chunks: Chunk[]) => chunks.reduce(written, BLANK).text;

test("a stream that is asked for again repeats nothing", () => {
  expect(text(chunk(1, "Drop"), chunk(2, "out"))).toBe("Dropout");
  expect(text(chunk(1, "Drop"), chunk(2, "out"), chunk(1, "Drop"))).toBe("Drop");
});

test("where another writer stands in, what the first one wrote goes", () => {
  expect(text(chunk(1, "I cannot"), chunk(2, "Dropout", { restart: true }), chunk(3, " is"))).toBe("Dropout is");
});

test("the finished piece outweighs its parts", () => {
  const content = { markdown: "Dropout [1]" } as NonNullable<Chunk["content"]>;
  const writing = [chunk(1, "Dropout"), chunk(2, "", { done: true, content })].reduce(written, BLANK);
  expect(writing).toEqual({ text: "Dropout [1]", piece: content, trouble: undefined });
});

test("what was written stays beside an error", () => {
  const error = { code: "INTERNAL" as const, message: "broken" };
  expect([chunk(1, "Dropout"), chunk(2, "", { error })].reduce(written, BLANK)).toMatchObject({
    text: "Dropout",
    trouble: error,
  });
});
