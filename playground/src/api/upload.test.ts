import { expect, test } from "vitest";
import { answered } from "./upload";

test("a book that was taken has an id, and one that was not says why", () => {
  expect(answered('{"id":"b1"}')).toEqual({ id: "b1" });
  const refused = '{"errors":[{"message":"too large","extensions":{"code":"INVALID_INPUT"}}]}';
  expect(answered(refused)).toEqual({ trouble: { message: "too large", code: "INVALID_INPUT" } });
});

test.each(["", "null", "{}", '{"errors":[]}', "<h1>502 Bad Gateway</h1>"])(
  "%j is no answer of the server's",
  (text) => {
    expect(answered(text)).toEqual({ trouble: { message: "the server did not take the book", code: "" } });
  },
);
