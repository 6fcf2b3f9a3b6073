import { isAccessible } from "./support/accessible.ts";
import { expect, makePath, test } from "./support/test.ts";

const LOOKS = [
  { name: "desktop, light", viewport: { width: 1280, height: 900 }, colorScheme: "light" },
  { name: "desktop, dark", viewport: { width: 1280, height: 900 }, colorScheme: "dark" },
  { name: "phone, light", viewport: { width: 360, height: 740 }, colorScheme: "light" },
  { name: "phone, dark", viewport: { width: 360, height: 740 }, colorScheme: "dark" },
] as const;

for (const { name, ...look } of LOOKS) {
  test.describe(name, () => {
    test.use(look);

    test("every page of the learner", async ({ page }) => {
      await page.goto("/");
      await expect(page.getByRole("heading", { name: "Who you are" })).toBeVisible();
      await isAccessible(page, "first step");
      await page.getByRole("button", { name: "Continue" }).click();
      await expect(page.getByRole("radio", { name: "Risk Analyst" })).toBeVisible();
      await isAccessible(page, "roles");
      await page.getByRole("radio", { name: "Paste a posting" }).check({ force: true });
      await isAccessible(page, "posting");
      await page.getByLabel("The posting").fill("SQL");
      await page.getByRole("button", { name: "Continue" }).click();
      await expect(page.getByText("It costs nothing")).toBeVisible();
      await isAccessible(page, "hours");
      await page.goto("/progress");
      await expect(page.getByRole("heading", { name: "Nothing here yet" })).toBeVisible();
      await isAccessible(page, "no progress");
      await makePath(page);
      await isAccessible(page, "path");
      await page.getByRole("link", { name: "Continue" }).click();
      await expect(page.getByText("by the embedded writer")).toBeVisible();
      await isAccessible(page, "reading");
      await page
        .getByRole("button", { name: /^Citation 1:/ })
        .first()
        .click();
      await isAccessible(page, "passage");
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: "Mark as completed" }).click();
      await expect(page.getByText("✓ Completed.")).toBeVisible();
      await isAccessible(page, "completed");
      for (const view of ["progress", "jobs", "settings", "nowhere"]) {
        await page.goto(`/${view}`);
        await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
        await expect(page.locator(".skeleton")).toHaveCount(0);
        await isAccessible(page, view);
      }
      await page.goto("/jobs");
      await page.getByRole("button", { name: "Keep a job" }).click();
      await expect(page.getByRole("dialog").getByRole("radio", { name: "Risk Analyst" })).toBeVisible();
      await isAccessible(page, "keep a job");
      await page.goto("/settings");
      await page.getByRole("button", { name: "Delete my data" }).click();
      await isAccessible(page, "delete my data");
    });

    test("every page of the operator", async ({ page }) => {
      for (const part of ["library", "coverage", "plugins", "cache", "usage"]) {
        await page.goto(`/operator/${part}`);
        await expect(page.getByRole("tab", { selected: true })).toBeVisible();
        await expect(page.locator(".skeleton")).toHaveCount(0);
        await isAccessible(page, part);
      }
      await page.goto("/operator/coverage");
      await page.getByRole("searchbox").fill("dropout");
      await page.getByRole("button", { name: "Check" }).click();
      await expect(page.getByRole("heading", { name: /^Dropout/ })).toBeVisible();
      await isAccessible(page, "verdict");
    });
  });
}
