import { describe, expect, it } from "vitest";
import { parseCommand } from "../../../policy/actions/shell.ts";
import { compilePolicy } from "../../../policy/compile.ts";
import { decide } from "../../../policy/decide.ts";
import type { DecisionState } from "../../../policy/decision-state.ts";
import { floorPlaces } from "../../../policy/floor.ts";
import { NO_GRANTS } from "../../../policy/grant-view.ts";
import { parsePolicy } from "../../../policy/parse-policy.ts";
import { everywhere, PROJECT } from "./plan.ts";

/** A policy of argv rules only, as a careful person would write it for a TypeScript project. */
const POLICY = `
version: 2
rules:
  - { id: files, effect: allow, capability: file_read, paths: ["\${project}/**"] }
  - { id: secrets, effect: deny, capability: file_read, paths: ["**/.env"], reason: handles }
  - { id: locked, effect: allow, capability: package_install, packages: ["npm:."] }
  - id: tools
    effect: allow
    capability: shell_command
    cwd: ["\${project}/**"]
    options: ["-*"]
    argv:
      - [npm, [test, ci, start, outdated, ls, audit], "..."]
      - [npm, run, "*", "..."]
      - [[node, tsc, eslint, vitest, jest, prettier, deno, cargo, go, make, pytest, ruff, mypy, biome, oxlint], "..."]
      - [python3, "*", "..."]
      - [python3, -m, [pytest, mypy], "..."]
      - [git, [status, log, diff, show, branch, add, commit, stash, blame, rev-parse, ls-files, grep, checkout, switch, restore,
          fetch, pull, push, merge, rebase, tag, remote, config, describe, shortlog, cherry-pick, worktree, reset], "..."]
      - [[ls, cat, head, tail, wc, grep, rg, find, sort, uniq, cut, tr, diff, echo, printf, pwd, date, which, file, stat, du, df,
          tree, jq, sed, awk, mkdir, touch, cp, mv, ln, rm, chmod, tar, gzip, unzip, sha256sum, basename, dirname, realpath,
          test, "[", tee, xxd, nl, comm, paste, column, fd, bat, hexdump, cmp, "true", "false", sleep, seq, uname, ps, curl], "..."]
`;

/** What agents and people type all day, with the constructs that are opaque in their everyday share. */
const EVERYDAY = `
npm test
npm test -- --grep login
npm run build
npm run lint && npm test
npm run dev > dev.log 2>&1
npm ci && npm test
npm ls --depth=0
npm outdated
tsc --noEmit -p .
eslint src --fix
eslint src --ext .ts,.tsx --max-warnings 0
vitest run test/login.test.ts
vitest run -t 'logs in'
jest --coverage
prettier --check .
deno fmt --check
deno test -A
node --version
node scripts/build.js
node scripts/build.js --watch | head -20
cargo build --release
cargo test -- --nocapture
go test ./...
go vet ./...
make
make test
make -j 4 build
pytest -q
pytest tests/test_login.py::test_ok -x
python3 scripts/gen.py --out build
python3 -m pytest -k login
ruff check .
mypy src
git status
git status --short
git status | head -3
git log --oneline | head -3
git log --oneline -n 20
git log -p -- src/a.ts
git log --since=yesterday --author=me
git diff
git diff --stat HEAD~1
git diff main...HEAD -- src
git diff --name-only | grep '\\.ts$'
git show HEAD
git show HEAD:src/a.ts
git show --stat HEAD~2
git branch -a
git branch --show-current
git add -A
git add src/a.ts src/b.ts
git commit -m 'fix: login'
git commit -am "feat: add 'remember me'"
git stash && git pull && git stash pop
git blame -L 1,20 src/a.ts
git rev-parse --short HEAD
git ls-files '*.ts' | wc -l
git grep -n 'TODO' -- src
git checkout -b fix/login
git switch main
git restore src/a.ts
git fetch origin
git push -u origin fix/login
git merge --no-ff main
git tag v1.2.0
git remote -v
git config user.name
git describe --tags
git reset --soft HEAD~1
git cherry-pick abc123
ls
ls -la
ls -la src/components
ls src test docs
cat README.md
cat package.json | jq .scripts
cat a.txt b.txt > c.txt
head -50 src/a.ts
tail -n 100 app.log
tail -n +5 data.csv | head -3
wc -l src/a.ts
grep -rn 'parseCommand' src
grep -rn "TODO\\|FIXME" src --include='*.ts'
grep -c error app.log
grep -i 'warn' app.log | sort | uniq -c | sort -rn | head
rg -n 'class \\w+' src
rg --files | head
rg -l TODO | wc -l
find . -name '*.ts'
find . -name '*.ts' -not -path './node_modules/*' | wc -l
find src -type f -mtime -1
find . -type d -name dist
sort names.txt | uniq -c
sort -k2 -n data.txt
cut -d, -f1 data.csv | sort -u
tr -d '\\r' < in.txt > out.txt
diff -u a.txt b.txt
echo done
echo "hello world" > hello.txt
printf '%s\\n' a b c
pwd
pwd && ls
date +%F
which node npm
file dist/app
stat package.json
du -sh node_modules
du -sh src | sort -h
df -h .
tree -L 2 -I node_modules
jq -r '.dependencies | keys[]' package.json
jq '.version' package.json
sed -n '1,80p' src/a.ts
sed -n 120,160p src/a.ts
sed -i 's/foo/bar/g' src/a.ts
sed -e 's/^ *//' -e '/^$/d' notes.txt
awk '{print $1}' data.txt
awk -F, '{print $2, $3}' data.csv
awk 'NR>1 {print $2}' data.txt | sort
mkdir -p src/new/deep
touch src/new/index.ts
cp -r templates/base src/new
mv a.txt docs/a.txt
ln -s ../a b
rm -rf dist
rm dist/old.js
chmod +x scripts/run.sh
tar czf out.tar.gz dist
tar -xzf in.tar.gz -C tmp
gzip -k big.log
unzip -l a.zip
sha256sum dist/app
basename /a/b/c.ts .ts
test -f package.json && echo yes
[ -d node_modules ] || npm ci
ls nowhere 2>/dev/null || echo missing
cd src && ls
cd test && npm test
cd src && git diff --stat
npm test 2>&1 | tail -40
npm test 2>&1 | tee test.log
npm run build 2>&1 | grep -i error
true && echo ok || echo bad
sleep 1; echo done
seq 1 5 | paste -s -d, -
xxd -l 64 a.bin
nl -ba src/a.ts | sed -n '10,20p'
comm -12 a.txt b.txt
column -t -s, data.csv
fd -e ts
bat --plain src/a.ts
cmp a.bin b.bin
uname -a
ps aux | grep node
curl -sS http://127.0.0.1:3000/health
realpath src
date; uname; pwd
echo "a;b|c&d"
echo '$HOME'
grep -rn '$(' scripts
git log --format='%h %s' -10
git log main..HEAD --oneline
git diff HEAD@{1}
git show 'HEAD^{tree}'
ls *.json
echo $PATH
find . -name '*.ts' | xargs wc -l
for f in a b; do echo $f; done
NODE_ENV=test npm test
git commit -m "$(cat msg.txt)"
`.trim().split("\n");

function openState(): DecisionState {
  const parsed = parsePolicy(POLICY);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const roots = { project: PROJECT, home: "/home/me", tmp: "/tmp", skill_data: null, fold: false };
  const layer = {
    layer: "user" as const,
    document: parsed.document,
    sha256: "sha256:fake",
    path: "policy.yml",
    grants: true,
  };
  return {
    policy: compilePolicy([layer], roots),
    places: floorPlaces(["/home/me/.agentzero"], roots),
    mode: "ask",
    degraded: false,
    broken: null,
    grants: NO_GRANTS,
    ceiling: true,
  };
}

describe("everyday commands under argv rules", () => {
  const state = openState();
  // Folders that `cd` goes to are not there: only the rest is judged, from where it starts.
  const refused = EVERYDAY.map((line) => line.replace(/^cd \w+ && /, "")).flatMap((command) => {
    const planned = parseCommand({
      command,
      cwd: PROJECT,
      project: PROJECT,
      lookup: everywhere,
      secrets: false,
      tainted: false,
    });
    const verdicts = planned.actions.map((action) => decide(state, action));
    return verdicts.some((verdict) => verdict.decision !== "allow") ? [{ command, opaque: planned.opaque }] : [];
  });

  it("lets at least 95 of 100 run without a question", () => {
    const opaque = refused.filter((item) => item.opaque);
    process.stdout.write(
      `everyday ${EVERYDAY.length}: opaque ${opaque.length}, other ${refused.length - opaque.length}\n`,
    );
    expect(EVERYDAY.length).toBeGreaterThan(150);
    expect(refused.filter((item) => !item.opaque)).toEqual([]);
    expect(opaque.length / EVERYDAY.length).toBeLessThanOrEqual(0.05);
  });

  it("still denies what a path rule denies", () => {
    const planned = parseCommand({
      command: "git show HEAD:.env",
      cwd: PROJECT,
      project: PROJECT,
      lookup: everywhere,
      secrets: false,
      tainted: false,
    });
    expect(planned.actions.map((action) => decide(state, action)).find(({ decision }) => decision === "deny")?.rule)
      .toBe("secrets");
  });

  it("plans a line of 1 KB in about a millisecond", () => {
    const command = `${"git log --oneline -n 20 -- src/a.ts | head -3 && ".repeat(20)}ls`.slice(0, 1024);
    const times: number[] = [];
    for (let turn = 0; turn < 600; turn++) {
      const start = performance.now();
      const planned = parseCommand({
        command,
        cwd: PROJECT,
        project: PROJECT,
        lookup: everywhere,
        secrets: false,
        tainted: true,
      });
      for (const action of planned.actions) decide(state, action);
      times.push(performance.now() - start);
    }
    const sorted = times.slice(100).toSorted((a, b) => a - b);
    const [p50 = Infinity, p99 = Infinity] = [0.5, 0.99].map((part) => sorted[Math.floor(sorted.length * part)]);
    process.stdout.write(`plan and decide 1 KB: p50 ${p50.toFixed(3)} ms, p99 ${p99.toFixed(3)} ms\n`);
    // The aim is p99 <= 1 ms on a quiet machine; a slow or busy one may not make this test fail.
    expect(p50).toBeLessThan(10);
  });
});
