import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isAccessible } from "./support/accessible.ts";
import { type Server, startServer } from "./support/server.ts";
import { expect, test as base } from "./support/test.ts";

const test = base.extend<object, { server: Server }>({
  server: [
    async ({}, use) => {
      const folder = await mkdtemp(join(tmpdir(), "pathwright-keys-"));
      const file = join(folder, "pathwright.toml");
      const sha256 = createHash("sha256").update("ada-key").digest("hex");
      await writeFile(file, `[[auth.keys]]\nname = "ada"\nsha256 = "${sha256}"\nrole = "learner"\nuser = "ada"\n`);
      const server = await startServer({ args: ["--config", file] });
      await use(server);
      await server.stop();
      await rm(folder, { recursive: true });
    },
    { scope: "worker" },
  ],
});

test("a learner signs in with a key, sees no operator's page, and signs out", async ({ page, lineMayBreak }) => {
  // Refusals are answers, which the browser reports as failed loads.
  lineMayBreak.value = true;
  await page.goto("/");
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await isAccessible(page, "sign in");
  await page.getByLabel("API key").fill("guess");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByText("The server does not know the last key.")).toBeVisible();
  await page.getByLabel("API key").fill("ada-key");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { name: "Who you are" })).toBeVisible();
  await expect(page.getByRole("link", { name: "Operator" })).toBeHidden();
  await page.goto("/operator");
  await expect(page.getByText("This page is for whoever runs the server")).toBeVisible();

  await page.goto("/start");
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("radio", { name: "Quantitative Trader" }).click();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("button", { name: "Make my path" }).click();
  await page.waitForURL("**/path");
  await page.getByRole("link", { name: "Settings" }).click();
  await expect(page.locator(".id")).toHaveText("ada");
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
});
