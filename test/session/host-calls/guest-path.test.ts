import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AgentZeroError } from "../../../core/mod.ts";
import { guestPath } from "../../../session/host-calls/guest-path.ts";
import { HostFault } from "../../../session/host-calls/reply.ts";
import { tempDir } from "../../support/temp-dir.ts";

function projectWithLinks(): string {
  const project = join(tempDir(), "project");
  mkdirSync(join(project, "a/b"), { recursive: true });
  writeFileSync(join(project, "a/file"), "x");
  symlinkSync("/", join(project, "a/top"));
  symlinkSync("..", join(project, "a/up"));
  return project;
}

const PIECES = [
  "a",
  "b",
  "file",
  "top",
  "up",
  "..",
  ".",
  "",
  "workspace:",
  "scratch:",
  "skill:",
  "home:",
  "\0",
  "~",
  "%2e%2e",
  "😀",
];

// In memory nothing lies above the root; on disk a place is a real path; everything else is a typed error.
function isAnswered(ask: () => ReturnType<typeof guestPath>): boolean {
  try {
    const path = ask();
    return path.root === "workspace" ? path.target.real.startsWith("/") : !path.path.split("/").includes("..");
  } catch (cause) {
    return cause instanceof HostFault || cause instanceof AgentZeroError;
  }
}

describe("guestPath()", () => {
  it("answers every text: a place, or a typed error", () => {
    const project = projectWithLinks();
    const checked = fc.check(
      fc.property(fc.array(fc.constantFrom(...PIECES), { maxLength: 8 }), fc.constantFrom("/", ""), (parts, glue) => {
        return isAnswered(() => guestPath(parts.join(glue), project));
      }),
      { seed: 20_261_121, numRuns: 2_000 },
    );
    expect(checked.counterexample).toBeNull();
  });

  it("says where a link leads, which is what is judged", () => {
    const project = projectWithLinks();
    expect(guestPath("a/top/etc/hostname", project)).toMatchObject({ target: { real: "/etc/hostname" } });
    expect(guestPath("a/up/a/file", project)).toMatchObject({ target: { real: join(project, "a/file") } });
    expect(guestPath("/etc/hostname", project)).toMatchObject({ outside: true });
    expect(guestPath("workspace:", project)).toMatchObject({ target: { real: project } });
  });
});
