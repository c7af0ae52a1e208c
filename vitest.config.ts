import { defineConfig } from "vitest/config";

const shared = { testTimeout: 60_000, setupFiles: ["test/setup.ts"] };
/** A browser is watched for what its page takes: nothing else runs beside it. */
const watched = ["test/studio/*.test.ts"];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: "tests",
          include: ["test/**/*.test.ts"],
          exclude: watched,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...shared,
          name: "studio",
          include: watched,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
