import type { WebSocketRoute } from "@playwright/test";
import { expect, makePath, test } from "./support/test.ts";

/** Something that happens once, and may be waited for. */
function signal(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}

test("a connection that drops in the middle loses nothing and repeats nothing", async ({ page, lineMayBreak }) => {
  lineMayBreak.value = true;
  const seen: number[] = [];
  const gate = signal();
  const dropped = signal();
  let connections = 0;
  await page.routeWebSocket(/\/graphql\/ws$/, async (socket: WebSocketRoute) => {
    connections += 1;
    const isFirst = connections === 1;
    if (!isFirst) await gate.promise;
    const server = socket.connectToServer();
    server.onMessage((message) => {
      const { type, payload } = JSON.parse(String(message));
      const event = type === "next" ? payload.data.pathGeneration : undefined;
      if (event && isFirst && seen.length >= 6) {
        // What comes after the sixth event is lost on the way.
        void socket.close({ code: 1012, reason: "restart" });
        dropped.resolve();
        return;
      }
      if (event) seen.push(event.seq);
      socket.send(message);
    });
  });

  await page.goto("/");
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("radio", { name: "Risk Analyst" }).click();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("button", { name: "Make my path" }).click();
  await dropped.promise;
  await expect(page.getByText("The connection was lost. Reconnecting…")).toBeVisible();
  await expect(page.locator(".judged li").first()).toBeVisible();
  // Every topic that is listed from now on is listed once.
  await page.evaluate(() => {
    const twice: string[] = [];
    const look = () => {
      const names = [...document.querySelectorAll(".judged strong")].map((name) => name.textContent ?? "");
      twice.push(...names.filter((name, at) => names.indexOf(name) !== at));
      sessionStorage.setItem("twice", JSON.stringify(twice));
      sessionStorage.setItem("most", String(Math.max(names.length, Number(sessionStorage.getItem("most") ?? 0))));
    };
    look();
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
  });
  gate.resolve();

  await page.waitForURL("**/path");
  await expect(page.getByRole("heading", { level: 1, name: "Risk Analyst" })).toBeVisible();
  await expect(page.getByText("The connection was lost")).toBeHidden();
  expect(seen).toEqual(seen.map((_, at) => at + 1));
  expect(connections).toBe(2);
  expect(await page.evaluate(() => sessionStorage.getItem("twice"))).toBe("[]");
  expect(await page.evaluate(() => Number(sessionStorage.getItem("most")))).toBeGreaterThan(20);
});

test("a page that is opened late is told all of it", async ({ page, server }) => {
  await page.goto("/");
  await page.waitForURL("**/start");
  const user = await page.evaluate(() => localStorage.getItem("pathwright.user"));
  const { updateJobProfile } = await server.ask<{ updateJobProfile: { generation: { id: string } } }>(
    'mutation($user: ID!) { updateJobProfile(input: { userId: $user, templateId: "general", wait: true }) { generation { id } } }',
    { user },
  );
  await page.goto(`/making/${updateJobProfile.generation.id}`);
  await page.waitForURL("**/path");
  await expect(page.getByRole("heading", { level: 1, name: "General" })).toBeVisible();
});

test("what is there stays when it cannot be read again", async ({ page, lineMayBreak }) => {
  await makePath(page);
  lineMayBreak.value = true;
  const next = page.getByRole("complementary", { name: "Next step" });
  await next.getByRole("link", { name: "Continue" }).click();
  await expect(page.getByText("by the embedded writer")).toBeVisible();
  // The change goes through, and then the server is gone: everything is asked for again and nothing answers.
  await page.route("**/graphql", (route) =>
    route.request().postData()?.includes("completeTopic") ? route.continue() : route.abort(),
  );
  await page.getByRole("button", { name: "Mark as completed" }).click();
  await expect(page.getByText("The server cannot be reached.").first()).toBeVisible();
  await expect(page.getByText("by the embedded writer")).toBeVisible();
  await page.unroute("**/graphql");
  await page.getByRole("button", { name: "Try again" }).first().click();
  await expect(page.getByText("✓ Completed.")).toBeVisible();
});

test("offline is said, and what is there stays", async ({ page, context, lineMayBreak }) => {
  await makePath(page);
  lineMayBreak.value = true;
  await context.setOffline(true);
  await expect(page.getByText("You are offline.")).toBeVisible();
  await page.getByRole("link", { name: "Progress" }).click();
  await expect(page.getByText("The server cannot be reached.")).toBeVisible();
  await context.setOffline(false);
  await expect(page.getByText("You are offline.")).toBeHidden();
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByRole("heading", { name: "Paths so far" })).toBeVisible();
});
