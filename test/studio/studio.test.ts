import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseNpy } from "../../src/io/npy.js";
import { leads, start, temporaryFolder, tiny } from "../cli/leads.js";
import { axe, inkOf, openBrowser, openPage, startStudio, whyNoBrowser } from "./browser.js";

const folder = temporaryFolder();
const inside = (...parts: string[]) => join(folder, ...parts);

let browser: Browser;
let studio: Awaited<ReturnType<typeof startStudio>>;

describe.skipIf(whyNoBrowser)(
  `the studio in a browser ${whyNoBrowser && `(${whyNoBrowser})`}`,
  () => {
    beforeAll(async () => {
      await leads(["synth", ...tiny, "--out", "patient"], { cwd: folder });
      const discover = ["discover", "patient", "--evaluations", "2", "--seconds", "300"];
      await leads([...discover, "--out", "run"], { cwd: folder });
      await leads([...discover, "--agent", "random", "--seed", "2", "--out", "other"], {
        cwd: folder,
      });
      brokenRun();
      studio = await startStudio(["."], folder);
      browser = await openBrowser();
    }, 400_000);
    afterAll(async () => {
      await browser?.close();
      await studio?.stop();
    });

    function brokenRun(): void {
      cpSync(inside("run"), inside("broken"), { recursive: true });
      const journal = readFileSync(inside("run", "journal.jsonl"), "utf8");
      writeFileSync(inside("broken", "journal.jsonl"), `${journal}{"seq": 99, "type"`);
      mkdirSync(inside("newer"));
      const configuration = JSON.parse(readFileSync(inside("run", "config.json"), "utf8"));
      writeFileSync(
        inside("newer", "config.json"),
        JSON.stringify({ ...configuration, version: 9 }),
      );
    }

    const view = (run: string, name: string) => async () => {
      const opened = await openPage(browser, studio.url);
      await opened.page.getByRole("link", { name: run, exact: true }).click();
      await opened.page.getByRole("link", { name, exact: true }).click();
      return opened;
    };

    test("the start page lists, filters and orders; what cannot be read says why", async () => {
      const { page, complaints, context } = await openPage(browser, studio.url);
      await page.getByText("4 of 4 runs").waitFor();
      expect(await page.getByText(/newer.*configuration of a run of this version/).count()).toBe(1);
      await page.getByLabel("filter").fill("random");
      await page.getByText("1 of 4 runs").waitFor();
      await page.getByLabel("filter").fill("");
      await page.getByRole("button", { name: "seed" }).click();
      await page.getByRole("button", { name: "seed" }).click();
      expect(await page.locator("tbody a").first().textContent()).toBe("other");
      await page.getByLabel("differing columns only").check();
      expect(await page.getByRole("button", { name: "numbers" }).count()).toBeLessThanOrEqual(1);
      expect(await axe(page)).toEqual([]);
      expect(complaints).toEqual([]);
      await context.close();
    });

    test("the heart: three linked maps, a click shows measured beside predicted", async () => {
      const began = performance.now();
      const { page, complaints, context } = await view("run", "Heart")();
      await page.getByText("Mean absolute error").waitFor();
      expect(performance.now() - began).toBeLessThan(30_000);
      expect(await page.locator(".legend").count()).toBe(3);
      await expect.poll(() => inkOf(page)).toBeGreaterThan(0.05);
      const box = (await page.locator("canvas.stage").boundingBox())!;
      await page
        .locator("canvas.stage")
        .click({ position: { x: box.width / 6, y: box.height / 2 } });
      await page.getByRole("heading", { name: /^Node \d+$/ }).waitFor();
      await page.locator(".traces canvas").waitFor();
      for (const quantity of ["recovery", "duration", "potential", "conductivity"]) {
        await page.getByLabel("show").selectOption(quantity);
        await pause(200);
      }
      await page.getByLabel("show").selectOption("potential");
      await page.getByRole("button", { name: "Play" }).click();
      await expect.poll(async () => page.locator(".player output").textContent()).not.toBe("0 ms");
      await page.locator("canvas.stage").press("ArrowLeft");
      const [csv] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name: "CSV" }).click(),
      ]);
      const rows = readFileSync((await csv.path())!, "utf8")
        .trim()
        .split("\n");
      expect(rows[0]).toMatch(/^node,x_mm,y_mm,z_mm,measured/);
      expect(rows.length).toBeGreaterThan(400);
      expect(await axe(page)).toEqual([]);
      expect(complaints).toEqual([]);
      await context.close();
    });

    test("discovery: thoughts, candidates, curves and what differs between two", async () => {
      const { page, complaints, context } = await view("run", "Discovery")();
      await page.getByText("expert begins").waitFor();
      expect(await page.locator(".timeline .thought").count()).toBeGreaterThan(0);
      expect(await page.getByText("nearest pacing").count()).toBe(1);
      await page.getByLabel("Compare candidate 1 with the chosen one").check();
      await page.getByRole("button", { name: "0", exact: true }).click();
      await page.getByText("What differs between #0 and #1").waitFor();
      expect(await axe(page)).toEqual([]);
      expect(complaints).toEqual([]);
      await context.close();
    });

    test("a journal whose last line is half written: a message, and all the rest", async () => {
      const { page, complaints, context } = await view("broken", "Discovery")();
      await page.getByText(/of the journal cannot be read: it is half written/).waitFor();
      expect(await page.locator(".timeline .candidate").count()).toBe(2);
      expect(complaints).toEqual([]);
      await context.close();
    });

    test("the lab: what was done by hand is what leads simulate does of the saved protocol", async () => {
      const { page, complaints, context } = await view("run", "Pacing lab")();
      const canvas = page.locator("canvas.stage");
      await canvas.waitFor();
      await pause(1000);
      const box = (await canvas.boundingBox())!;
      await canvas.click({ position: { x: box.width / 2, y: box.height / 2 } });
      await page.getByLabel("speed").selectOption("1");
      await page.getByRole("button", { name: "Run" }).click();
      await expect
        .poll(async () => Number.parseFloat((await page.locator(".lab-run output").textContent())!))
        .toBeGreaterThan(60);
      await page.getByRole("button", { name: "Pause" }).click();
      const [saved] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name: "Save the protocol" }).click(),
      ]);
      await saved.saveAs(inside("protocol.json"));
      const protocol = JSON.parse(readFileSync(inside("protocol.json"), "utf8"));
      const [csv] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name: "CSV" }).click(),
      ]);
      const [, ...rows] = readFileSync((await csv.path())!, "utf8")
        .trim()
        .split("\n");
      const shown = rows.map((row) => Number(row.split(",")[4]));
      const { code } = await leads(
        ["simulate", "run", "--protocol", "protocol.json", "--out", "movie"],
        { cwd: folder },
      );
      expect(code).toBe(0);
      const { data, shape } = parseNpy(
        readFileSync(inside("movie", "potential.npy")),
        "potential.npy",
      );
      const last = Array.from(data).slice((shape[0] - 1) * shape[1]);
      expect(protocol.pulses.length).toBe(1);
      expect(Math.max(...last.map((u, i) => Math.abs(u - shown[i])))).toBeLessThan(1e-4);
      expect(Math.max(...shown)).toBeGreaterThan(0.5);
      expect(await axe(page)).toEqual([]);
      expect(complaints).toEqual([]);
      await context.close();
    });

    test("a live run is followed and steered, and nothing is missed", async () => {
      const live = start(
        [
          "discover",
          "patient",
          "--evaluations",
          "30",
          "--seconds",
          "300",
          "--agent",
          "random",
          "--out",
          "live",
        ],
        { cwd: folder },
      );
      await expect
        .poll(() => readFileSync(inside("live", "journal.jsonl"), "utf8").length, {
          timeout: 60_000,
        })
        .toBeGreaterThan(10);
      const second = await startStudio(["live"], folder);
      const opened = await openPage(browser, second.url);
      const { page, context } = opened;
      await page.getByRole("link", { name: "live", exact: true }).click();
      await page.getByRole("button", { name: "Pause" }).waitFor();
      await page.getByLabel("hint").fill("Try mitchell-schaeffer");
      await page.getByRole("button", { name: "Tell" }).click();
      await page.getByText(/sent/).waitFor();
      await expect
        .poll(() => page.getByText("hint Try mitchell-schaeffer").count(), { timeout: 60_000 })
        .toBe(1);
      live.child.kill("SIGINT");
      await live.ended;
      await expect.poll(() => page.getByText("interrupted: stopped by the user").count()).toBe(1);
      const lines = readFileSync(inside("live", "journal.jsonl"), "utf8").trim().split("\n");
      const thoughts = lines.filter((line) => JSON.parse(line).type === "decided").length;
      expect(await page.locator(".timeline .thought").count()).toBe(thoughts);
      await context.close();
      await second.stop();
    }, 120_000);

    test("an export shows the same without a server of ours", async () => {
      await leads(["studio", "export", "run", "--out", "site"], { cwd: folder });
      const { createServer } = await import("node:http");
      const types: Record<string, string> = {
        ".html": "text/html",
        ".js": "text/javascript",
        ".css": "text/css",
        ".json": "application/json",
      };
      const server = createServer((request, response) => {
        const path = new URL(request.url!, "http://x").pathname.replace(/\/$/, "/index.html");
        try {
          response.setHeader(
            "content-type",
            types[path.slice(path.lastIndexOf("."))] ?? "text/plain",
          );
          response.end(readFileSync(inside("site", path)));
        } catch {
          response.statusCode = 404;
          response.end();
        }
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const { port } = server.address() as { port: number };
      const { page, complaints, context } = await openPage(browser, `http://127.0.0.1:${port}/`);
      await page.getByRole("link", { name: "run", exact: true }).click();
      await page.getByText("Mean absolute error").waitFor();
      await page.getByRole("link", { name: "Discovery" }).click();
      await page.getByText("expert begins").waitFor();
      expect(await page.getByRole("button", { name: "Pause" }).count()).toBe(0);
      expect(complaints).toEqual([]);
      await context.close();
      server.close();
    });
  },
);

describe("the studio's server", () => {
  test("nothing is answered without the token, under another name or to another page", async () => {
    await leads(["synth", ...tiny, "--out", "alone/patient"], { cwd: folder });
    const { url, stop } = await startStudio(["alone"], folder);
    const { origin } = new URL(url);
    const status = async (address: string, options: RequestInit = {}) =>
      (await fetch(address, options)).status;
    expect(await status(`${url}data/index.json`)).toBe(200);
    expect(await status(`${origin}/data/index.json`)).toBe(404);
    expect(await status(`${url}../../package.json`)).toBe(404);
    expect(await status(`${url}%2e%2e%2f%2e%2e%2fpackage.json`)).toBe(404);
    const act = (headers: Record<string, string>) =>
      status(`${url}act/runs`, { method: "POST", body: "{}", headers });
    expect(await act({ origin: "http://elsewhere.example" })).toBe(403);
    expect(await act({})).toBe(403);
    expect(await act({ origin })).toBe(400);
    await stop();
  }, 60_000);
});
