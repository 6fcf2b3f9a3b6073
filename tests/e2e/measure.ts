/** `npm run measure`: figures of the pages in this machine's Chromium, and a picture of every view in `look`. */
import { join } from "node:path";
import { type Page, test as unwatched } from "@playwright/test";
import { startModel } from "./support/model.ts";
import { startServer } from "./support/server.ts";
import { expect, isReady, makePath, test } from "./support/test.ts";

const ROUNDS = 5;

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

test("figures", async ({ browser, server }) => {
  const rounds: { paint: number; interactive: number; blocked: number; seconds: number; presses: number }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const page = await (await browser.newContext({ baseURL: server.url })).newPage();
    await page.addInitScript(() => {
      const state = window as unknown as { blocked: number };
      state.blocked = 0;
      new PerformanceObserver((list) =>
        list.getEntries().forEach(({ duration }) => (state.blocked += duration - 50)),
      ).observe({ type: "longtask", buffered: true });
    });
    await page.goto("/");
    await expect(page.getByRole("button", { name: "Continue" })).toBeEnabled();
    const interactive = await page.evaluate(() => performance.now());
    await page.waitForFunction(() => performance.getEntriesByName("first-contentful-paint").length > 0);
    const { paint, blocked } = await page.evaluate(() => ({
      paint: performance.getEntriesByName("first-contentful-paint")[0]!.startTime,
      blocked: (window as unknown as { blocked: number }).blocked,
    }));
    const begun = performance.now();
    const presses = await makePath(page);
    rounds.push({ paint, interactive, blocked, presses, seconds: (performance.now() - begun) / 1000 });
    await page.context().close();
  }
  const of = (name: keyof (typeof rounds)[number]) =>
    median(rounds.map((round) => round[name])).toFixed(name === "seconds" ? 2 : 0);
  console.log(
    `first contentful paint ${of("paint")} ms · the first button can be pressed after ${of("interactive")} ms · blocked ${of("blocked")} ms`,
  );
  console.log(
    `from an empty browser to a path: ${of("presses")} presses, ${of("seconds")} s (median of ${ROUNDS}; the machine presses, it does not read)`,
  );
});

const LOOKS = {
  "desktop-light": { viewport: { width: 1280, height: 850 }, colorScheme: "light" },
  "desktop-dark": { viewport: { width: 1280, height: 850 }, colorScheme: "dark" },
  "phone-light": { viewport: { width: 390, height: 844 }, colorScheme: "light" },
  "phone-dark": { viewport: { width: 390, height: 844 }, colorScheme: "dark" },
} as const;

for (const [name, look] of Object.entries(LOOKS)) {
  test.describe(name, () => {
    test.use(look);

    test("every view", async ({ page, lineMayBreak }) => {
      const shoot = (view: string) =>
        page.screenshot({ path: join("look", name, `${view}.png`), fullPage: true, animations: "disabled" });
      await page.goto("/");
      await expect(page.getByRole("heading", { name: "Who you are" })).toBeVisible();
      await shoot("01-who");
      await page.getByRole("button", { name: "Continue" }).click();
      await page.getByRole("radio", { name: "Risk Analyst" }).click();
      await shoot("02-role");
      await page.getByRole("radio", { name: "Paste a posting" }).check({ force: true });
      await shoot("03-posting");
      await makePath(page);
      await shoot("05-path");
      await page.getByRole("link", { name: "Continue" }).click();
      await expect(page.getByText("by the embedded writer")).toBeVisible();
      await page.getByRole("button", { name: "Mark as completed" }).click();
      await expect(page.getByText("✓ Completed.")).toBeVisible();
      await shoot("06-reading");
      await page
        .getByRole("button", { name: /^Citation 1:/ })
        .first()
        .click();
      await page.screenshot({ path: join("look", name, "07-passage.png") });
      await page.keyboard.press("Escape");
      await everyOther(page, shoot);
      lineMayBreak.value = true;
      await page.goto("/path");
      await expect(page.getByRole("heading", { name: "Not in your library" })).toBeVisible();
      await page.context().setOffline(true);
      await page.getByRole("link", { name: "Progress" }).click();
      await expect(page.getByText("The server cannot be reached.")).toBeVisible();
      await shoot("20-offline");
    });
  });

  unwatched.describe(name, () => {
    unwatched.use(look);

    unwatched("a path in the making", async ({ page }) => {
      const model = await startModel();
      const slow = await startServer({ env: model.env });
      await page.goto(slow.url);
      await page.getByRole("button", { name: "Continue" }).click();
      await page.getByRole("radio", { name: "Paste a posting" }).check({ force: true });
      await page.getByLabel("The posting").fill("SQL and Python");
      await page.getByRole("button", { name: "Continue" }).click();
      await expect(page.getByText(/with stub/)).toBeVisible();
      await page.screenshot({ path: join("look", name, "03-time.png"), fullPage: true });
      await page.getByRole("button", { name: "Make my path" }).click();
      await expect(page.getByRole("button", { name: "Cancel" })).toBeVisible();
      await page.screenshot({ path: join("look", name, "04-making.png"), fullPage: true });
      model.stop();
      await slow.stop();
    });
  });
}

async function everyOther(page: Page, shoot: (view: string) => Promise<Buffer>): Promise<void> {
  await page.goto("/jobs");
  await page.getByRole("button", { name: "Keep a job" }).click();
  await page.getByRole("dialog").getByRole("radio", { name: "Quantitative Trader" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Keep it" }).click();
  await expect(page.getByText(/still takes/)).toBeVisible();
  await shoot("08-jobs");
  for (const [at, view] of [
    "progress",
    "settings",
    "operator/library",
    "operator/coverage",
    "operator/plugins",
    "operator/cache",
    "operator/usage",
    "nowhere",
  ].entries()) {
    await page.goto(`/${view}`);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await expect(page.locator(".skeleton")).toHaveCount(0);
    await shoot(`${String(9 + at).padStart(2, "0")}-${view.replace("/", "-")}`);
  }
  await page.goto("/operator/coverage");
  await page.getByRole("searchbox").fill("dropout");
  await page.getByRole("button", { name: "Check" }).click();
  await expect(page.getByRole("heading", { name: /^Dropout/ })).toBeVisible();
  await shoot("17-verdict");
  await page.goto("/graphiql");
  await isReady(page);
  await page.getByRole("button", { name: "Execute query (Ctrl-Enter)" }).click();
  await expect(page.locator(".graphiql-response")).toContainText('"data"');
  await shoot("18-graphiql");
}
