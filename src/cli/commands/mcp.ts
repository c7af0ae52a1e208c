import type { Command } from "commander";
import { portNumber } from "../arguments.js";
import type { ServeOptions } from "../mcp/serve.js";

export function mcpCommand(program: Command): void {
  program
    .command("mcp")
    .description("let any MCP client be the agent (Model Context Protocol, stdio or HTTP)")
    .option(
      "--http <port>",
      "streamable HTTP on 127.0.0.1 instead of stdio; 0: a free port",
      portNumber,
    )
    .option("--root <folder>", "the folder that clients may work in", ".")
    .addHelpText("after", "\nExample:\n  leads mcp --root patients")
    .action(async (options: ServeOptions) => {
      // The protocol's SDK takes longer to load than most commands run.
      const { serve } = await import("../mcp/serve.js");
      await serve(options);
    });
}
