import { expect, test } from "./support/test.ts";

const BOOK =
  "# Vector clocks\n\nA vector clock orders events of a distributed system. Vector clocks count per process.\n";

test("books are sent, seen coming in, and removed", async ({ page }) => {
  await page.goto("/operator");
  await expect(page.getByRole("rowheader", { name: /Deep Learning in Practice/ })).toBeVisible();
  await page.getByLabel("Choose files").setInputFiles([
    { name: "Clocks.md", mimeType: "text/markdown", buffer: Buffer.from(BOOK) },
    { name: "Broken.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.7 and nothing else") },
  ]);
  const arrivals = page.getByRole("list", { name: "Books on their way" });
  await expect(arrivals.getByRole("listitem").filter({ hasText: "Clocks.md" })).toContainText("is in, 1 passage");
  await expect(arrivals.getByRole("listitem").filter({ hasText: "Broken.pdf" })).toContainText("Broken");
  await expect(arrivals.locator(".bad")).toHaveCount(1);
  await expect(page.getByRole("rowheader", { name: "Vector clocks" })).toBeVisible();

  await page.getByRole("button", { name: "Remove Vector clocks" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove it" }).click();
  await expect(page.getByRole("rowheader", { name: "Vector clocks" })).toBeHidden();
});

test("a verdict is looked at, overruled, and stays so", async ({ page }) => {
  await page.goto("/operator/coverage");
  await page.getByRole("searchbox").fill("transformers");
  await page.getByRole("button", { name: "Check" }).click();
  await expect(page.getByRole("heading", { name: "Transformers: covered" })).toBeFocused();
  await page.getByLabel("Why (optional)").fill("too thin");
  await page.getByRole("button", { name: "Overrule" }).click();
  await expect(page.getByRole("heading", { name: "Transformers: not covered" })).toBeVisible();
  await page.reload();
  await page.getByRole("searchbox").fill("transformers");
  await page.getByRole("button", { name: "Check" }).click();
  await expect(page.getByText("“too thin”")).toBeVisible();
});

test("plugins, cache and cost are told", async ({ page }) => {
  await page.goto("/operator/plugins");
  await expect(page.getByRole("row").filter({ hasText: "embedded-coverage" })).toContainText("● running");
  const tab = page.getByRole("tab", { name: "Plugins" });
  await tab.press("ArrowLeft");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await expect(page.getByRole("tab", { name: "Cache" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("tab", { name: "Cache" })).toBeFocused();
  await page.getByLabel("Template").selectOption({ label: "ML Engineer (Finance)" });
  await page.getByRole("button", { name: "Write them" }).click();
  await expect(page.getByText(/\d+ pieces ready\./)).toBeVisible();
  await page.getByRole("tab", { name: "Usage and cost" }).click();
  await expect(page.getByText("The embedded default costs nothing.")).toBeVisible();
});
