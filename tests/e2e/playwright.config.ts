import { defineConfig } from "@playwright/test";

/** `cargo test` names both; by hand, `PATHWRIGHT=…/target/debug/pathwright CHROMIUM=/usr/bin/chromium npm test`. */
const executablePath = process.env.CHROMIUM;

export default defineConfig({
  testDir: ".",
  outputDir: "results",
  // No retries: a test that passes at the second try has found something.
  retries: 0,
  workers: 2,
  timeout: 120_000,
  // Only bounds how long a failure takes: the machine may be building something beside.
  expect: { timeout: 30_000 },
  reporter: [["list"]],
  use: {
    launchOptions: {
      ...(executablePath && { executablePath }),
      args: [
        "--no-sandbox",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-quic",
        "--disable-sync",
      ],
    },
    trace: "off",
  },
});
