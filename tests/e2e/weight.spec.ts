import { expect, makePath, test } from "./support/test.ts";

/** Bytes of scripts on their way to a learner, compressed: without formulas and code, and with both. */
const WITHOUT = 120_000;

/** What layout shifts may add up to over the whole way; see web.dev on CLS. */
const SHIFT = 0.02;

test("the learner's pages are light, and nothing jumps", async ({ page }) => {
  const scripts = new Map<string, Promise<number>>();
  page.on("response", (response) => {
    const { pathname } = new URL(response.url());
    if (pathname.endsWith(".js"))
      scripts.set(
        pathname,
        response
          .request()
          .sizes()
          .then(({ responseBodySize }) => responseBodySize),
      );
  });
  await page.addInitScript(() => {
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean })[]) {
        if (entry.hadRecentInput) continue;
        sessionStorage.setItem("shift", String(Number(sessionStorage.getItem("shift") ?? 0) + entry.value));
      }
    }).observe({ type: "layout-shift", buffered: true });
  });
  await makePath(page);
  const sum = async () => (await Promise.all(scripts.values())).reduce((all, size) => all + size, 0);
  const withoutFormulas = await sum();
  await page.getByRole("link", { name: "Continue" }).click();
  await expect(page.getByText("by the embedded writer")).toBeVisible();
  await expect(page.locator(".katex").first()).toBeVisible();
  for (const [view, heading] of [
    ["progress", "Paths so far"],
    ["jobs", "What most of them need"],
    ["operator", "Operator"],
    ["path", "Not in your library"],
  ]) {
    await page.goto(`/${view}`);
    await expect(page.getByRole("heading", { name: heading! })).toBeVisible();
    await expect(page.locator(".skeleton")).toHaveCount(0);
  }
  const shift = await page.evaluate(() => Number(sessionStorage.getItem("shift") ?? 0));
  console.log(
    `scripts ${withoutFormulas} B, with formulas and code ${await sum()} B, layout shifts over all pages ${shift.toFixed(4)}`,
  );
  expect(withoutFormulas).toBeGreaterThan(20_000);
  expect(withoutFormulas).toBeLessThan(WITHOUT);
  expect([...scripts.keys()].some((name) => name.includes("graphiql") || name.includes("monaco"))).toBe(false);
  expect(shift).toBeLessThan(SHIFT);
});
