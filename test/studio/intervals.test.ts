import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Uncertainty } from "../../src/cli/uncertainty.js";
import { leads, temporaryFolder, tiny } from "../cli/leads.js";
import { axe, openBrowser, openPage, startStudio, whyNoBrowser } from "./browser.js";

const folder = temporaryFolder();

let browser: Browser;
let studio: Awaited<ReturnType<typeof startStudio>>;

describe.skipIf(whyNoBrowser)(
  `uncertainty in a browser ${whyNoBrowser && `(${whyNoBrowser})`}`,
  () => {
    beforeAll(async () => {
      await leads(["synth", ...tiny, "--out", "patient"], { cwd: folder });
      const discover = ["discover", "patient", "--evaluations", "1", "--out", "run"];
      await leads(discover, { cwd: folder });
      expect((await leads(["uncertainty", "run"], { cwd: folder })).code).toBe(0);
      studio = await startStudio(["."], folder);
      browser = await openBrowser();
    }, 400_000);
    afterAll(async () => {
      await browser?.close();
      await studio?.stop();
    });

    const view = async (name: string) => {
      const opened = await openPage(browser, studio.url);
      await opened.page.getByRole("link", { name: "run", exact: true }).click();
      await opened.page.getByRole("link", { name, exact: true }).click();
      return opened;
    };

    test("each parameter stands with its interval or why it has none", async () => {
      const { page, complaints, context } = await view("Discovery");
      await page.getByRole("columnheader", { name: "90 % interval" }).waitFor();
      const path = join(folder, "run", "best", "uncertainty.json");
      const { parameters } = JSON.parse(readFileSync(path, "utf8")) as Uncertainty;
      for (const { name, verdict } of parameters) {
        const row = page.locator(".parameters tr", {
          has: page.getByRole("cell", { name, exact: true }),
        });
        const shown = await row.locator("td").last().textContent();
        if (verdict === "identified") expect(shown, name).toMatch(/^[\d.…]+ to [\d.…]+$/);
        else expect(shown, name).toBe(verdict);
      }
      expect(await axe(page)).toEqual([]);
      expect(complaints).toEqual([]);
      await context.close();
    }, 60_000);

    test("a map of half widths of the test beat, and grey where none is known", async () => {
      const { page, complaints, context } = await view("Heart");
      await page.getByText("Mean absolute error").waitFor();
      await page.getByRole("combobox", { name: "show" }).selectOption("uncertainty");
      await page.getByText("activation time: 90 % half width").waitFor();
      expect(await page.locator(".legend").count()).toBe(1);
      const beat = page.getByRole("combobox", { name: "beat" });
      const trained = await beat.locator("option", { hasText: "(train)" }).first().textContent();
      await beat.selectOption({ label: trained!.trim() });
      await page.getByText("known of the best candidate's test beats alone").waitFor();
      expect(complaints).toEqual([]);
      await context.close();
    }, 60_000);
  },
);
