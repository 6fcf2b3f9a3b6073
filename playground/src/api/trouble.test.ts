import { CombinedError } from "@urql/core";
import { expect, test } from "vitest";
import { sentence, troubleOf } from "./trouble";

test.each([
  ["email is no address", "Email is no address."],
  [" wait! ", "Wait!"],
  ["is being read…", "Is being read…"],
  ["élan", "Élan."],
])("%j for people is %j", (said, shown) => {
  expect(sentence(said)).toBe(shown);
});

test("a refusal of the server is told apart from a server that does not answer", () => {
  const refusal = { message: "a key is needed", extensions: { code: "UNAUTHENTICATED" } };
  expect(troubleOf(new CombinedError({ graphQLErrors: [refusal] }))).toEqual({
    message: "a key is needed",
    code: "UNAUTHENTICATED",
  });
  expect(troubleOf(new CombinedError({ graphQLErrors: [{ message: "odd", extensions: { code: 7 } }] })).code).toBe("");
  expect(troubleOf(new CombinedError({ networkError: new Error("refused") })).unreachable).toBe(true);
});
