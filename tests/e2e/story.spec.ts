import { expect, test } from "./support/test.ts";

const POSTING = `Machine Learning Engineer
You will train and deploy neural networks and keep them healthy in production.
Requirements
- Gradient descent, regularisation with dropout, cross-validation
- Linear regression and probability
- Python and SQL
- 3+ years of experience`;

test("from the first visit to a completed topic", async ({ page }) => {
  await page.goto("/");
  await expect(page).toHaveURL(/\/start$/);
  await page.getByLabel("Your name").fill("Ada");
  await page.getByLabel("Education").selectOption({ label: "Master's degree" });
  await page.getByRole("button", { name: "Continue" }).click();

  await expect(page.getByRole("button", { name: "Continue" })).toBeDisabled();
  await page.getByRole("radio", { name: "Paste a posting" }).check({ force: true });
  await page.getByLabel("The posting").fill(POSTING);
  await page.getByLabel("Job title").fill("ML Engineer");
  await page.getByRole("button", { name: "Continue" }).click();

  await page.getByLabel("Hours a week").fill("10");
  await expect(page.getByText("It costs nothing")).toBeVisible();
  await page.getByRole("button", { name: "Make my path" }).click();

  await page.waitForURL("**/path");
  await expect(page.getByRole("heading", { level: 1, name: "ML Engineer" })).toBeVisible();
  await expect(page.getByRole("img", { name: /topics? covered, 0 of them completed, \d+ not covered/ })).toBeVisible();
  await expect(page.getByText("At 10 hours a week")).toBeVisible();
  await expect(page.getByRole("heading", { name: "Not in your library" })).toBeVisible();
  await page.getByText("How the job was read").click();
  await expect(page.getByText("The embedded analyzer read the posting, without a language model.")).toBeVisible();

  const next = page.getByRole("complementary", { name: "Next step" });
  const topic = await next.locator("strong").innerText();
  await next.getByRole("link", { name: "Continue" }).click();
  await expect(page.getByRole("heading", { level: 1, name: topic })).toBeVisible();
  await expect(page.getByText("by the embedded writer, without a language model")).toBeVisible();

  await page
    .getByRole("button", { name: /^Citation 1:/ })
    .first()
    .click();
  const passage = page.getByRole("dialog");
  await expect(passage.locator(".passage-text")).not.toBeEmpty();
  await passage.getByRole("button", { name: "Close" }).click();
  await expect(passage).toBeHidden();
  await expect(page.getByRole("button", { name: /^Citation 1:/ }).first()).toBeFocused();

  await page.getByRole("tab", { name: "Explanation" }).press("ArrowRight");
  await expect(page.getByRole("tab", { name: "Worked example" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("tabpanel", { name: "Worked example" }).getByText("embedded writer")).toBeVisible();

  await page.getByRole("button", { name: "Mark as completed" }).click();
  await expect(page.getByText("✓ Completed.")).toBeVisible();
  await expect(next.locator("strong")).not.toHaveText(topic);

  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Path" }).click();
  await expect(page.getByRole("img", { name: /1 of them completed/ })).toBeVisible();
  await page.getByRole("link", { name: "Progress" }).click();
  await expect(page.getByRole("img", { name: /1 topic completed since/ })).toBeVisible();
});

test("a topic can be opened again, and a reload changes nothing", async ({ page, server }) => {
  const { id, next } = await withPath(page, server);
  await page.goto(`/topic/${next}`);
  await page.getByRole("button", { name: "Mark as completed" }).click();
  await page.reload();
  await page.getByRole("button", { name: "Open it again" }).click();
  await expect(page.getByRole("button", { name: "Mark as completed" })).toBeVisible();
  const { user } = await server.ask<{ user: { progress: { completedAt: string | null; startedAt: string | null }[] } }>(
    "query($id: ID!) { user(id: $id) { progress { startedAt completedAt } } }",
    { id },
  );
  expect(user.progress).toEqual([{ startedAt: expect.any(String), completedAt: null }]);
});

test("several jobs are kept, compared and chosen", async ({ page, server }) => {
  await withPath(page, server);
  await page.goto("/jobs");
  await page.getByRole("button", { name: "Keep a job" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("radio", { name: "Quantitative Trader" }).click();
  await dialog.getByLabel("What to call it").fill("The desk");
  await dialog.getByRole("button", { name: "Keep it" }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByText(/still takes/)).toBeVisible();
  await expect(page.getByRole("heading", { name: "Both need" })).toBeVisible();
  await expect(page.getByRole("heading", { name: "What most of them need" })).toBeVisible();
  await page.getByRole("button", { name: "Make a path to The desk" }).click();
  await page.waitForURL("**/path");
  await expect(page.getByRole("heading", { level: 1, name: "Quantitative Trader" })).toBeVisible();
});

test("a path is taken along, and everything about a learner can be had and deleted", async ({ page, server }) => {
  const { id } = await withPath(page, server);
  await page.goto("/settings");
  // What the browser lets through and the server does not is told beside the field.
  await page.getByLabel("Email").evaluate((field: HTMLInputElement) => (field.type = "text"));
  await page.getByLabel("Email").fill("nobody");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Email is no address: it has no @.")).toBeVisible();
  await page.getByLabel("Email").fill("ada@site.example");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Saved.")).toBeVisible();

  await page.getByLabel("Deadline").fill("2031-01-01");
  const calendar = page.waitForEvent("download");
  await page.getByRole("button", { name: "Calendar (iCalendar)" }).click();
  expect((await calendar).suggestedFilename()).toMatch(/\.ics$/);

  const everything = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download everything" }).click();
  const text = await (await (await everything).createReadStream()).toArray();
  expect(JSON.parse(Buffer.concat(text).toString())).toMatchObject({
    id,
    email: "ada@site.example",
    learningPaths: { nodes: [{ roleType: "ml_engineer" }] },
  });

  await page.getByRole("button", { name: "Delete my data" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete it all" }).click();
  await expect(page.getByRole("heading", { name: "A learning path to the job you want" })).toBeVisible();
  expect(await server.ask("query($id: ID!) { user(id: $id) { id } }", { id })).toEqual({ user: null });
});

/** A path made without the pages, for the learner of this browser. */
async function withPath(page: import("@playwright/test").Page, server: import("./support/server.ts").Server) {
  await page.goto("/");
  await expect(page).toHaveURL(/\/start$/);
  const id = await page.evaluate(() => localStorage.getItem("pathwright.user")!);
  const { updateJobProfile } = await server.ask<{ updateJobProfile: { user: { nextTopic: { id: string } } } }>(
    'mutation($id: ID!) { updateJobProfile(input: { userId: $id, templateId: "ml_engineer", wait: true }) { user { nextTopic { id } } } }',
    { id },
  );
  return { id, next: updateJobProfile.user.nextTopic.id };
}
