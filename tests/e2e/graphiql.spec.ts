import { isAccessible } from "./support/accessible.ts";
import { expect, isReady, test } from "./support/test.ts";

test("GraphiQL knows the schema, and runs a query and a subscription", async ({ page, server }) => {
  await page.goto("/graphiql");
  const asked = page.locator(".graphiql-query-editor .view-lines");
  const answer = page.locator(".graphiql-response");
  const run = page.getByRole("button", { name: "Execute query (Ctrl-Enter)" });
  await isReady(page);
  // Its tabs hold buttons within buttons.
  await isAccessible(page, "GraphiQL", ".graphiql-tab");
  await run.click();
  await expect(answer).toContainText("embedded-coverage");

  await page.getByRole("button", { name: "Show Documentation Explorer" }).click();
  await page.getByRole("link", { name: "Query", exact: true }).click();
  await expect(page.locator(".graphiql-doc-explorer")).toContainText("roleTemplates");

  await page.getByRole("button", { name: "Show Examples" }).click();
  const id = await page.evaluate(() => localStorage.getItem("pathwright.user"));
  await server.ask(
    'mutation($id: ID!) { updateJobProfile(input: { userId: $id, templateId: "ml_engineer", wait: true }) { userErrors { code } } }',
    { id },
  );
  await page.getByRole("button", { name: /^ContentStream/ }).click();
  await expect(asked).toContainText("ContentStream");
  await run.click();
  await expect(answer).toContainText('"keyKind": "TEMPLATE"');
});

test("each example is an operation that the server takes as it comes", async ({ page, server }) => {
  await page.goto("/graphiql");
  const id = await page.evaluate(() => localStorage.getItem("pathwright.user"));
  await server.ask(
    'mutation($id: ID!) { updateJobProfile(input: { userId: $id, templateId: "ml_engineer", wait: true }) { userErrors { code } } }',
    { id },
  );
  const asked = page.locator(".graphiql-query-editor .view-lines");
  await isReady(page);
  const names = await page.locator(".example strong").allInnerTexts();
  expect(names.length).toBeGreaterThan(40);
  const refused: string[] = [];
  const answers: Promise<void>[] = [];
  page.on("response", (response) => {
    if (response.request().method() !== "POST") return;
    const name = JSON.parse(response.request().postData()!).operationName;
    answers.push(response.json().then(({ errors }) => void (errors && refused.push(`${name}: ${errors[0].message}`))));
  });
  // What ends the learner comes last, so that the others have one; subscriptions are shown above.
  const inOrder = names.filter((name) => !/^(PathGeneration|ContentStream|Ingestion|DeleteUser)$/.test(name));
  for (const name of inOrder) {
    await page
      .getByRole("button", { name: new RegExp(`^${name} ?[A-Z]`) })
      .first()
      .click();
    const answered = page.waitForResponse((response) => response.url().endsWith("/graphql"));
    await page.getByRole("button", { name: "Execute query (Ctrl-Enter)" }).click();
    await answered;
  }
  await Promise.all(answers);
  expect(refused).toEqual([]);
});
