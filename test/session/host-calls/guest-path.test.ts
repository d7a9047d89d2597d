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
  symlinkSync("/", join(project, "a/root"));
  symlinkSync("..", join(project, "a/up"));
  return project;
}

const PIECES = [
  "a",
  "b",
  "file",
  "root",
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

describe("guestPath()", () => {
  it("answers every text: a place, or a typed error", () => {
    const project = projectWithLinks();
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...PIECES), { maxLength: 8 }), fc.constantFrom("/", ""), (parts, glue) => {
        try {
          const path = guestPath(parts.join(glue), project);
          // In memory nothing lies above the root.
          if (path.root !== "workspace") expect(path.path.split("/")).not.toContain("..");
          else expect(path.target.real.startsWith("/")).toBe(true);
        } catch (cause) {
          expect(cause instanceof HostFault || cause instanceof AgentZeroError).toBe(true);
        }
      }),
      { seed: 20_261_121, numRuns: 2_000 },
    );
  });

  it("says where a link leads, which is what is judged", () => {
    const project = projectWithLinks();
    expect(guestPath("a/root/etc/hostname", project)).toMatchObject({ target: { real: "/etc/hostname" } });
    expect(guestPath("a/up/a/file", project)).toMatchObject({ target: { real: join(project, "a/file") } });
    expect(guestPath("/etc/hostname", project)).toMatchObject({ outside: true });
    expect(guestPath("workspace:", project)).toMatchObject({ target: { real: project } });
  });
});
