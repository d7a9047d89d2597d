import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { gitIdentity } from "../../../cli/compose/git-identity.ts";
import { tempDir } from "../../support/temp-dir.ts";

describe("gitIdentity()", () => {
  it("reads the person's own configuration", () => {
    const home = tempDir({
      ".gitconfig":
        '[core]\n\tname = wrong\n[User]\n\tname = "Ada L"\n\temail = ada@example.org\n[user "x"]\n\tname = no\n',
    });
    expect(gitIdentity({}, home)).toEqual({ name: "Ada L", email: "ada@example.org" });
  });

  it("lets the environment win, and the file in HOME over the one of XDG", () => {
    const home = tempDir({
      ".gitconfig": "[user]\nname=Home\n",
      ".config/git/config": "[user]\nname=Xdg\nemail=x@example.org\n",
    });
    expect(gitIdentity({}, home)).toEqual({ name: "Home", email: "x@example.org" });
    expect(gitIdentity({ GIT_AUTHOR_NAME: "Env" }, home)).toEqual({ name: "Env", email: "x@example.org" });
    expect(gitIdentity({ XDG_CONFIG_HOME: join(home, "none") }, home)).toBeNull();
  });

  it("drops what could end a header line, and gives nothing without both", () => {
    expect(gitIdentity({ GIT_AUTHOR_NAME: "A\nB <x>\u202e", GIT_AUTHOR_EMAIL: "a@b" }, tempDir())).toEqual({
      name: "AB x",
      email: "a@b",
    });
    expect(gitIdentity({ GIT_AUTHOR_NAME: "A" }, tempDir())).toBeNull();
    expect(gitIdentity({ GIT_AUTHOR_NAME: "A", GIT_AUTHOR_EMAIL: "\u200b" }, tempDir())).toBeNull();
  });
});
