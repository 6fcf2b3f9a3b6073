import { isAccessible } from "./support/accessible.ts";
import { startModel } from "./support/model.ts";
import { type Server, startServer } from "./support/server.ts";
import { expect, test as base } from "./support/test.ts";

/** A language model that never answers keeps a path in the making for as long as a test wants. */
const test = base.extend<object, { server: Server }>({
  server: [
    async ({}, use) => {
      const model = await startModel();
      const server = await startServer({ env: model.env });
      await use(server);
      model.stop();
      await server.stop();
    },
    { scope: "worker" },
  ],
});

test("a path in the making can be left, found again and cancelled", async ({ page }) => {
  await page.goto("/");
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("radio", { name: "Paste a posting" }).check({ force: true });
  await page.getByLabel("The posting").fill("Data engineer: SQL, Python, Kafka, and five years of experience.");
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(page.getByText(/with stub/)).toBeVisible();
  await page.getByRole("button", { name: "Make my path" }).click();
  await page.waitForURL("**/making/**");
  const step = page.getByRole("listitem").filter({ hasText: "Read the job" });
  await expect(step).toHaveAttribute("aria-current", "step");

  await isAccessible(page, "making");

  await page.getByRole("link", { name: "Pathwright" }).click();
  await page.waitForURL("**/making/**");
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Cancelled" })).toBeVisible();
  await page.getByRole("link", { name: "Start again" }).click();
  await expect(page.getByRole("heading", { name: "Who you are" })).toBeVisible();
  // What is held about somebody can be deleted although no path was ever made.
  await page.getByRole("link", { name: "Settings" }).click();
  await expect(page.getByRole("button", { name: "Delete my data" })).toBeVisible();
});
