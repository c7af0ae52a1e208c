// Writes docs/studio.png: a published patient, its discovery, and the heart view in Chromium.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const largest_bytes = 200_000;
const program = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
const picture = fileURLToPath(new URL("../docs/studio.png", import.meta.url));
const executablePath = [
  process.env.LEADS_CHROMIUM,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
].find((path) => path && existsSync(path));
if (!executablePath) throw new Error("No Chromium: apt install chromium, or set LEADS_CHROMIUM.");

const folder = mkdtempSync(join(tmpdir(), "leads-picture-"));

function leads(...args) {
  const { status, stderr } = spawnSync(process.execPath, [program, ...args], {
    cwd: folder,
    encoding: "utf8",
  });
  // 3: the budget of evaluations is spent, which is what it is for.
  if (status !== 0 && status !== 3) throw new Error(`leads ${args.join(" ")}\n${stderr}`);
}

function openStudio() {
  const child = spawn(process.execPath, [program, "studio", "."], { cwd: folder });
  const url = new Promise((resolve, reject) => {
    child.stdout.on("data", (chunk) => resolve(chunk.toString().trim()));
    child.on("exit", (code) => reject(new Error(`leads studio ended with ${code}`)));
  });
  return { child, url };
}

async function photograph(url) {
  const browser = await chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"],
  });
  try {
    const page = await browser.newPage({ viewport: { width: 1200, height: 760 } });
    await page.goto(url);
    await page.getByRole("link", { name: "run", exact: true }).click();
    await page.getByRole("link", { name: "Heart", exact: true }).click();
    await page.getByText("Mean absolute error").waitFor();
    const canvas = page.locator("canvas.stage");
    const { width, height } = await canvas.boundingBox();
    await canvas.click({ position: { x: width / 6, y: height / 2 } });
    await page.locator(".traces canvas").waitFor();
    await page.waitForTimeout(1000);
    return await page.screenshot();
  } finally {
    await browser.close();
  }
}

try {
  const published = ["--preset", "published", "--reaction", "aliev-panfilov", "--seed", "1"];
  leads("synth", ...published, "--nodes", "600", "--recordings", "8", "--out", "patient");
  leads("discover", "patient", "--seed", "1", "--evaluations", "4", "--out", "run");
  const { child, url } = openStudio();
  try {
    const bytes = await photograph(await url);
    if (bytes.length > largest_bytes)
      throw new Error(
        `The picture has ${bytes.length} bytes; at most ${largest_bytes} are wanted.`,
      );
    writeFileSync(picture, bytes);
    console.log(`${picture}: ${bytes.length} bytes`);
  } finally {
    child.kill("SIGINT");
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
