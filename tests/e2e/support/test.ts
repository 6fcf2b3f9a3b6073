/**
 * Every test has a browser that is watched: a request to another machine, a script's error, a refusal of the
 * Content-Security-Policy or a dialog fails it.
 */
import { test as base, expect, type Page } from "@playwright/test";
import { type Server, startServer } from "./server.ts";

interface Watched {
  /** What the browser complained of so far. */
  complaints: string[];
  /** The test breaks the line itself: what the browser says of that is no complaint. */
  lineMayBreak: { value: boolean };
}

export const test = base.extend<Watched, { server: Server }>({
  server: [
    async ({}, use) => {
      const server = await startServer();
      await use(server);
      await server.stop();
    },
    { scope: "worker" },
  ],
  baseURL: async ({ server }, use) => use(server.url),
  lineMayBreak: async ({}, use) => use({ value: false }),
  complaints: [
    async ({ page, baseURL, lineMayBreak }, use) => {
      const complaints: string[] = [];
      const own = [new URL(baseURL!).host];
      const at = (url: string) => new URL(url);
      page.on("request", (request) => {
        const url = at(request.url());
        if (!["data:", "blob:"].includes(url.protocol) && !own.includes(url.host)) complaints.push(`asked ${url}`);
      });
      page.on("websocket", (socket) => own.includes(at(socket.url()).host) || complaints.push(`asked ${socket.url()}`));
      page.on("pageerror", (error) => complaints.push(`failed: ${error.message}`));
      page.on("dialog", (dialog) => {
        complaints.push(`a dialog: ${dialog.message()}`);
        void dialog.dismiss();
      });
      page.on("console", (message) => {
        const broken = /WebSocket|Failed to load resource/.test(message.text());
        if (message.type() === "error" && !(broken && lineMayBreak.value)) complaints.push(message.text());
      });
      await use(complaints);
      expect(complaints).toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };

/** The fastest way to a path; answers how many presses it took. */
export async function makePath(page: Page, role = "ML Engineer (Finance)"): Promise<number> {
  let presses = 0;
  const press = async (kind: "button" | "radio", name: string) => {
    await page.getByRole(kind, { name }).click();
    presses += 1;
  };
  await page.goto("/");
  await press("button", "Continue");
  await press("radio", role);
  await press("button", "Continue");
  await press("button", "Make my path");
  await page.waitForURL("**/path");
  await expect(page.getByRole("heading", { name: "What your library covers" })).toBeVisible();
  return presses;
}

/** GraphiQL can run what is asked once both editors are there. */
export async function isReady(page: Page): Promise<void> {
  await expect(page.locator(".graphiql-query-editor .view-lines")).toContainText("Welcome");
  await expect(page.locator(".graphiql-response .monaco-editor .view-lines")).toBeAttached();
}
