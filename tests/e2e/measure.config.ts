import { defineConfig } from "@playwright/test";
import config from "./playwright.config.ts";

/** Figures and pictures, for people: nothing here passes or fails by a time. */
export default defineConfig({
  ...config,
  testMatch: "measure.ts",
  outputDir: "results/measure",
  workers: 1,
  timeout: 300_000,
});
