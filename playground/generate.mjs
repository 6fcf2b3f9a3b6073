// Types and documents out of the schema and the operations: the pages stop compiling when the schema breaks them.
import { readFile, readdir, mkdir, writeFile } from "node:fs/promises";
import { codegen } from "@graphql-codegen/core";
import * as documentNodes from "@graphql-codegen/typed-document-node";
import * as operations from "@graphql-codegen/typescript-operations";
import { buildSchema, parse, validate } from "graphql";

const here = new URL(".", import.meta.url);
const schemaText = await readFile(new URL("../schema.graphql", here), "utf8");

async function documents(folder) {
  const names = (await readdir(new URL(folder, here))).filter((name) => name.endsWith(".graphql")).sort();
  return Promise.all(
    names.map(async (name) => {
      const location = `${folder}${name}`;
      return { location, document: parse(await readFile(new URL(location, here), "utf8")) };
    }),
  );
}

// Examples are checked like the pages' own operations, but nobody needs their types.
const schema = buildSchema(schemaText);
for (const { location, document } of await documents("examples/")) {
  const [error] = validate(schema, document);
  if (error) throw new Error(`${location}: ${error.message}`);
}

const text = await codegen({
  filename: "operations.ts",
  schema: parse(schemaText),
  documents: await documents("operations/"),
  config: {
    enumType: "string-literal",
    skipTypename: true,
    useTypeImports: true,
    scalars: { ID: "string", Date: "string", DateTime: "string", URL: "string" },
    dedupeFragments: true,
  },
  plugins: [{ operations: {} }, { documentNodes: {} }],
  pluginMap: { operations, documentNodes },
});
await mkdir(new URL("generated/", here), { recursive: true });
await writeFile(new URL("generated/operations.ts", here), text);
