import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";
import { resolvePath } from "../../../policy/actions/paths.ts";
import { packagePathFault } from "../../../skills/package-path.ts";
import { bytesOf, type FuzzTarget, refusal, textOf, violated } from "../target.ts";

/** Paths, on a folder with links in and out of it. */
export function open(): FuzzTarget {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "az-fuzz-")));
  const project = join(root, "shop");
  mkdirSync(join(project, "src/deep"), { recursive: true });
  writeFileSync(join(project, "README.md"), "#\n");
  symlinkSync("src", join(project, "link"));
  symlinkSync("..", join(project, "out"));
  symlinkSync("loop", join(project, "loop"));
  symlinkSync("nowhere/x", join(project, "dangling"));
  return {
    samples: [
      "README.md",
      "src/../README.md",
      "link/deep/../a.ts",
      "out/shop/README.md",
      "loop/a",
      "dangling",
      "src/new/b",
    ]
      .map(bytesOf),
    words: "README.md src deep link out loop dangling .. . / // ~ shop nowhere \\ : con $HOME %2e%2e".split(" "),
    check(input) {
      const text = textOf(input);
      packagePathFault(text);
      try {
        const { real, lexical } = resolvePath(text, project);
        if (!isAbsolute(real) || !isAbsolute(lexical)) throw violated("targets are absolute");
        if (real.split("/").some((part) => part === ".." || part === ".")) throw violated(`${real} is not real`);
        if (resolvePath(real, "/").real !== real) throw violated(`${real} leads elsewhere`);
        return "ok";
      } catch (cause) {
        return refusal(cause, "PolicyError");
      }
    },
    close: () => rmSync(root, { recursive: true, force: true }),
  };
}
