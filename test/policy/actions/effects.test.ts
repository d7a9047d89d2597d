import { describe, expect, it } from "vitest";
import { effectsOf, plan, PROJECT } from "./plan.ts";

/** Paths relative to the project, packages as they are. */
function effects(line: string, cwd: string = PROJECT): readonly string[] {
  return effectsOf(plan(line, cwd)).map((text) => text.replace(`${PROJECT}/`, ""));
}

describe("operands of git", () => {
  it.each([
    ["git show HEAD:.env", "file_read .env"],
    ["git show HEAD:./.env", "file_read .env"],
    ["git show HEAD:src/../.env", "file_read .env"],
    ["git show :0:.env", "file_read .env"],
    ["git show :/.env", "file_read .env"],
    ["git show 'HEAD^{tree}:.env'", "file_read .env"],
    ["git show 'stash@{0}:.env'", "file_read .env"],
    ["git log -p -- .env", "file_read .env"],
    ["git log -L 1,9:.env", "file_read .env"],
    ["git log -L1,9:.env", "file_read .env"],
    ["git diff HEAD -- ':(top).env'", "file_read .env"],
    ["git diff HEAD -- ':!.env'", "file_read .env"],
    ["git cat-file blob HEAD:.env", "file_read .env"],
    ["git archive HEAD .env", "file_read .env"],
    ["git checkout HEAD -- .env", "file_read .env"],
    ["git restore --source=HEAD .env", "file_read .env"],
    ["git blame --contents=.env x", "file_read .env"],
    ["git grep a HEAD -- .env", "file_read .env"],
    ["git show HEAD:.env | head -3", "file_read .env"],
    ["ls; git show HEAD:.env", "file_read .env"],
    ["env git show HEAD:.env", "file_read .env"],
    ["git -C . show HEAD:.env", "file_read .env"],
    ["git --no-pager show HEAD:.env", "file_read .env"],
    ["/usr/bin/git show HEAD:.env", "file_read .env"],
    ["'git' show HEAD:.env", "file_read .env"],
    ["echo $(git show HEAD:.env)", "file_read .env"],
    ["sh -c 'git show HEAD:.env'", "file_read .env"],
    ["git show HEAD:$X; git show HEAD:.env", "file_read .env"],
    ["find . -exec git show HEAD:.env ';'", "file_read .env"],
    ["git show HEAD:/proc/self/cwd/.env", "file_read /proc/self/cwd/.env"],
  ])("%s reads it", (line, expected) => expect(effects(line)).toContain(expected));

  it("counts a path from every folder between the command and the project", () => {
    const found = effects("git show HEAD:.env", `${PROJECT}/a/b`);
    expect(found).toEqual(expect.arrayContaining(["file_read .env", "file_read a/.env", "file_read a/b/.env"]));
  });

  it("leaves other programs to the masks", () => {
    expect(effects("cat .env")).toEqual([]);
    expect(effects("gitk .env")).toEqual([]);
  });

  it("takes neither the subcommand nor options nor /dev/null for paths", () => {
    expect(effects("git log --oneline -5")).toEqual([]);
    expect(effects("git diff --no-index /dev/null README.md")).toEqual(["file_read README.md"]);
  });

  it("marks them so that only a deny counts", () => {
    for (const action of plan("git commit -m x -- a.ts").actions.slice(1)) expect(action.denyOnly).toBe(true);
  });
});

describe("git that writes", () => {
  it.each([
    "commit -m x",
    "add .",
    "checkout main",
    "stash",
    "tag v1",
    "branch x",
    "config a.b c",
    "push",
    "pull",
    "gc",
    "unknown-word",
  ])(
    "git %s may write .git",
    (rest) => expect(effects(`git ${rest}`)).toContain("file_write .git"),
  );

  it.each(["status", "log", "diff HEAD", "show HEAD", "ls-files", "grep x", "blame a", "rev-parse HEAD", "--version"])(
    "git %s does not",
    (rest) => expect(effects(`git ${rest}`)).not.toContain("file_write .git"),
  );

  it("says so as a staged change that only a deny stops", () => {
    const action = plan("git commit -m x").actions.find(({ capability }) => capability === "file_write");
    expect(action).toMatchObject({ denyOnly: true, target: { real: `${PROJECT}/.git`, staged: true } });
  });
});

describe("packages", () => {
  it.each([
    ["npm install", "package_install npm:."],
    ["npm i left-pad@1.3.0 @acme/x@^2", "package_install npm:left-pad@1.3.0,package_install npm:@acme/x@^2"],
    ["npm install --save-dev @acme/x", "package_install npm:@acme/x"],
    ["npm ci", "package_install npm:."],
    ["npm --prefix sub install", "package_install npm:."],
    ["npm isntall x", "package_install npm:x"],
    ["npm exec tsc", "package_execution npm:tsc"],
    ["npm exec --package=typescript -- tsc", "package_execution npm:typescript"],
    ["npm x -y cowsay@1", "package_execution npm:cowsay@1"],
    ["npm create vite@latest app", "package_execution npm:create-vite@latest"],
    ["npm init @acme/app", "package_execution npm:@acme/create-app"],
    ["npm init @acme", "package_execution npm:@acme/create"],
    ["npx tsc --noEmit", "package_execution npm:tsc"],
    ["npx -p typescript tsc", "package_execution npm:typescript"],
    ["npx --yes @acme/cli@2 run", "package_execution npm:@acme/cli@2"],
    ["bunx cowsay", "package_execution npm:cowsay"],
    ["bun x cowsay", "package_execution npm:cowsay"],
    ["bun add zod", "package_install npm:zod"],
    ["pnpm add zod", "package_install npm:zod"],
    ["pnpm dlx cowsay", "package_execution npm:cowsay"],
    ["yarn", "package_install npm:."],
    ["yarn add zod", "package_install npm:zod"],
    ["yarn dlx cowsay", "package_execution npm:cowsay"],
    ["deno run -A npm:cowsay@1 hi", "package_execution npm:cowsay@1"],
    ["deno add jsr:@std/fs", "package_install npm:jsr:@std/fs"],
    ["pip install requests==2 -r dev.txt", "package_install pypi:requests==2,package_install pypi:dev.txt"],
    ["pip3 install .", "package_install pypi:."],
    ["python3 -m pip install requests", "package_install pypi:requests"],
    ["pipx run black", "package_execution pypi:black"],
    ["uvx ruff check", "package_execution pypi:ruff"],
    ["uv tool run ruff", "package_execution pypi:ruff"],
    ["uv add httpx", "package_install pypi:httpx"],
    ["uv pip install httpx", "package_install pypi:httpx"],
    ["uv sync", "package_install pypi:."],
    ["cargo install ripgrep", "package_install cargo:ripgrep"],
    ["cargo add serde", "package_install cargo:serde"],
    ["go install example.com/tool@latest", "package_install go:example.com/tool@latest"],
    ["go run example.com/tool@v1", "package_execution go:example.com/tool@v1"],
    ["gem install rails", "package_install gem:rails"],
    ["bundle install", "package_install gem:."],
    ["env npm install x", "package_install npm:x"],
    ["sh -c 'npm install x'", "package_install npm:x"],
    ["echo $(npx cowsay)", "package_execution npm:cowsay"],
  ])("%s", (line, expected) => expect(effects(line)).toEqual(expected.split(",")));

  it.each([
    "npm test",
    "npm run ci",
    "npm run install-hooks",
    "npm init -y",
    "npm --version",
    "npm ls",
    "npm outdated",
    "pnpm run build",
    "yarn build",
    "yarn --version",
    "bun test",
    "deno test",
    "pip list",
    "python3 -m pytest",
    "uv --version",
    "cargo build",
    "cargo test",
    "go build ./...",
    "go run ./cmd",
    "gem list",
    "bundle exec rspec",
    "npx --version",
  ])("%s neither installs nor runs one", (line) => expect(effects(line)).toEqual([]));
});
