import { readFileSync } from "node:fs";
import { buildSchema, getOperationAST, getVariableValues, parse, validate } from "graphql";
import { expect, test, vi } from "vitest";

vi.hoisted(() => vi.stubGlobal("localStorage", { getItem: () => "ada" }));

const { examples } = await import("./examples");

const schema = buildSchema(readFileSync(new URL("../../../schema.graphql", import.meta.url), "utf8"));

test.each(examples.map((example) => [example.name, example] as const))(
  "%s is whole, and can be run as it comes",
  (name, { about, kind, query, variables }) => {
    const document = parse(query);
    expect(validate(schema, document)).toEqual([]);
    const operation = getOperationAST(document);
    expect([operation?.name?.value, operation?.operation]).toEqual([name, kind]);
    const given = JSON.parse(variables || "{}") as Record<string, unknown>;
    expect(getVariableValues(schema, operation?.variableDefinitions ?? [], given).errors).toBeUndefined();
    expect(about).not.toBe("");
  },
);
