import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, posix } from "node:path";
import * as fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { MAX_COMMANDS } from "../../../policy/actions/command-actions.ts";
import { MAX_COMMAND_BYTES, parseCommand } from "../../../policy/actions/shell.ts";
import { commandsOf, effectsOf, everywhere, outcomeOf, plan, PROJECT } from "./plan.ts";

const folder = realpathSync(mkdtempSync(join(tmpdir(), "az-shell-")));
mkdirSync(join(folder, "src/deep"), { recursive: true });
mkdirSync(join(folder, "other"));
writeFileSync(join(folder, "file"), "");
symlinkSync("../other", join(folder, "src/link"));
symlinkSync("nowhere", join(folder, "dangling"));
afterAll(() => rmSync(folder, { recursive: true }));

function planIn(command: string) {
  return parseCommand({ command, cwd: folder, project: folder, lookup: everywhere, secrets: false, tainted: false });
}

function inToolChain(word: string): string {
  return `/opt/tool-chains/one/bin/${word}`;
}

function refuse(): never {
  throw new Error("no such path");
}

/** Opens as often as 16 KiB allow, and closes as often. */
function deep(open: string, close: string): string {
  const times = Math.floor(MAX_COMMAND_BYTES / (open.length + close.length));
  return open.repeat(times) + close.repeat(times);
}

describe("parseCommand(), plain lines", () => {
  it("runs one command as argv with the absolute program", () => {
    expect(plan("npm test")).toEqual({
      form: { kind: "argv", argv: ["npm", "test"], program: "/usr/bin/npm" },
      cwd: PROJECT,
      opaque: false,
      text: "npm test",
      actions: [{
        capability: "shell_command",
        target: {
          kind: "command",
          argv: ["npm", "test"],
          text: "npm test",
          cwd: PROJECT,
          redirects: [],
          secrets: false,
        },
        classes: ["private"],
        tier: "host-supervised",
        tainted: false,
        skill: null,
      }],
    });
  });

  it.each([
    ["git log --oneline | head -3", "'/usr/bin/git' 'log' '--oneline' | '/usr/bin/head' '-3'"],
    ["npm test && git status | head -3", "'/usr/bin/npm' 'test' && '/usr/bin/git' 'status' | '/usr/bin/head' '-3'"],
    ["a || b && c; d\ne", "'/usr/bin/a' || '/usr/bin/b' && '/usr/bin/c'\n'/usr/bin/d'\n'/usr/bin/e'"],
    ["a 2>&1 >out 2>>'e r' </dev/null", "'/usr/bin/a' 2>&1 > 'out' 2>> 'e r' < '/dev/null'"],
    ["a &>out >|x", "'/usr/bin/a' &> 'out' >| 'x'"],
    ["> out a b", "'/usr/bin/a' 'b' > 'out'"],
    [`a "it's" 'q"' x\\ y ''; b`, `'/usr/bin/a' 'it'\\''s' 'q"' 'x y' ''\n'/usr/bin/b'`],
    ["a HEAD~1 HEAD@{1} a=b x#y -- --; b", "'/usr/bin/a' 'HEAD~1' 'HEAD@{1}' 'a=b' 'x#y' '--' '--'\n'/usr/bin/b'"],
    ["[ -f a ] && b # why", "'/usr/bin/[' '-f' 'a' ']' && '/usr/bin/b'"],
  ])("prints %j from the tree", (line, script) => {
    const planned = plan(line);
    expect(planned.opaque).toBe(false);
    expect(planned.form).toEqual({ kind: "script", script });
    // What is printed reads as the same commands again.
    expect(plan(planned.text).form).toEqual(planned.form);
  });

  it("decides each command of the line once", () => {
    expect(commandsOf(plan("a x; b; a x | c"))).toEqual([["a", "x"], ["b"], ["c"]]);
  });

  it("names the files of redirections, and decides only a deny about them before the run", () => {
    const planned = planIn("npm test > src/out.txt 2> /dev/null < src/link/in");
    expect(planned.opaque).toBe(false);
    expect(planned.actions.map(({ capability, target, denyOnly }) => [
      capability,
      target.kind === "path" ? [target.real, target.staged] : target.kind === "command" ? target.redirects : null,
      denyOnly,
    ])).toEqual([
      ["shell_command", [join(folder, "src/out.txt"), join(folder, "other/in")], undefined],
      ["file_write", [join(folder, "src/out.txt"), true], true],
      ["file_read", [join(folder, "other/in"), false], true],
    ]);
  });

  it("carries taint, secrets, classes and the actor into every action", () => {
    const skill = {
      id: "x",
      version: null,
      publisher: null,
      digest: null,
      trust: "local" as const,
      permissions: null,
      roots: {},
    };
    const { actions } = parseCommand({
      command: "git show HEAD:a; npm ci > out; $(x)",
      cwd: PROJECT,
      project: PROJECT,
      lookup: everywhere,
      secrets: true,
      tainted: true,
      classes: ["pii"],
      skill,
    });
    expect(actions.length).toBeGreaterThan(6);
    for (const action of actions) {
      expect(action).toMatchObject({ tainted: true, classes: ["pii"], skill, tier: "host-supervised" });
    }
    expect(actions.every(({ target }) => target.kind !== "command" || target.secrets)).toBe(true);
  });
});

describe("parseCommand(), opaque lines", () => {
  it.each([
    ["an expansion", "ls $HOME"],
    ["an expansion in quotes", 'ls "$HOME"'],
    ["a positional parameter", "ls $1"],
    ["a substitution", "ls $(id)"],
    ["backticks", "ls `id`"],
    ["arithmetic", "ls $((1))"],
    ["a process substitution", "cat <(id)"],
    ["a glob", "ls *.ts"],
    ["a question mark", "ls a?"],
    ["a bracket", "ls [ab]"],
    ["an extended glob", "ls @(a|b)"],
    ["braces", "ls {a,b}"],
    ["a range", "ls {1..3}"],
    ["a tilde", "ls ~"],
    ["a tilde of somebody", "ls ~root/x"],
    ["a tilde in an assignment-like word", "ls a=~/x"],
    ["an assignment", "A=1 ls"],
    ["an assignment alone", "A=1"],
    ["a background job", "ls &"],
    ["a background job in a list", "ls & ls"],
    ["a negation", "! ls"],
    ["time", "time ls"],
    ["a pipe with errors", "ls |& cat"],
    ["a subshell", "(ls)"],
    ["a group", "{ ls; }"],
    ["a loop", "for i in a; do ls; done"],
    ["a condition", "if ls; then ls; fi"],
    ["a test", "[[ -f a ]]"],
    ["arithmetic command", "((1))"],
    ["a function", "f() { ls; }"],
    ["a here-document", "cat <<E\nx\nE"],
    ["a quoted here-document", "cat <<'E'\nx\nE"],
    ["a here-string", "cat <<< x"],
    ["a quoted name", "'ls' x"],
    ["an escaped name", "l\\s x"],
    ["ANSI quotes", "ls $'a'"],
    ["a translated string", 'ls $"a"'],
    ["a syntax error", "ls )"],
    ["an open quote", "ls 'a"],
    ["an unfinished pipe", "ls |"],
    ["appending both streams", "ls &>> x"],
    ["reading and writing", "ls <> x"],
    ["a file after >&", "ls >& x"],
    ["closing a descriptor", "ls >&-"],
    ["moving a descriptor", "ls 2>&1-"],
    ["a named descriptor", "ls {fd}> x"],
    ["a high descriptor", "ls 10> x"],
    ["a network file of bash", "ls > /dev/tcp/127.0.0.1/80"],
    ["a device", "ls > /dev/sda"],
    ["another way to write it", "ls > //dev/tcp/127.0.0.1/80"],
    ["an expansion in a redirection", "ls > $x"],
    ["a redirection without command", "> x"],
    ["a carriage return", "ls\r"],
    ["an escape character", "ls '\u001b[2J'"],
    ["a bidi override", "ls '\u202e'"],
    ["a zero-width space", "ls a\u200bb"],
    ["a line separator", "ls '\u2028'"],
    ["a no-break space", "ls\u00a0-la"],
    ["a newline in a word", "git commit -m 'a\nb'"],
    ["a program by path", "./build.sh"],
    ["a program by absolute path", "/usr/bin/ls"],
    ["a program that is not there", "no-such-program"],
    ["a program that is not there, behind others", "ls | no-such-program"],
    ["a later cd", "ls && cd /tmp && ls"],
    ["an empty redirection", "ls > ''"],
  ])("takes %s for opaque", (_name, line) => {
    const planned = plan(line);
    expect(planned.opaque).toBe(true);
    expect(planned.form).toEqual({ kind: "script", script: line });
    expect(planned.actions[0]?.target).toMatchObject({ kind: "command", argv: null, text: line });
  });

  it.each([
    ["substitutions", 'a "$(b `c x`)" ${x:-$(d)}', ["a", "b", "c", "d"]],
    ["loops and conditions", "for i in $(a); do b $i || c; done; while d; do e; done; if f; then g; else h; fi", [
      "a",
      "b",
      "c",
      "d",
      "e",
      "f",
      "g",
      "h",
    ]],
    ["functions, groups and cases", "f() { a; }; { b; }; (c); case $x in d) e;; esac", ["a", "b", "c", "e"]],
    ["here-documents", "a <<E\n$(b)\n`c`\nE", ["a", "b", "c"]],
    ["code for a shell", "bash <<E\nrm x\nE", ["bash", "rm"]],
    ["code for a shell in a string", "sh <<< 'rm x'", ["sh", "rm"]],
    ["arithmetic and tests", "((x=$(a))); [[ $(b) == x ]]; echo ${y[$(c)]}", ["a", "b", "echo", "c"]],
    ["process substitutions", "a <(b) > >(c)", ["a", "b", "c"]],
    ["assignments", "x=$(a) y=(1 $(b)) c", ["a", "b", "c"]],
    ["quoted names", "'rm' x; g\\it y; $'\\x6cs'", ["rm", "git", "ls"]],
    ["what stands before a mistake", "rm x; ls )", ["rm", "ls"]],
    ["background jobs", "rm x & ls |& cat", ["rm", "ls", "cat"]],
  ])("finds every literal command in %s", (_name, line, names) => {
    const found = commandsOf(plan(line)).flatMap((argv) => (argv === null ? [] : [argv[0] ?? ""]));
    expect(new Set(found)).toEqual(new Set(names));
  });

  it("keeps unknown words as they were written", () => {
    const planned = plan("rm -rf $DIR '/a b'");
    expect(commandsOf(planned)).toEqual([null, ["rm", "-rf", "$DIR", "/a b"]]);
    expect(planned.actions[1]?.target).toMatchObject({ text: "rm -rf $DIR '/a b'" });
  });

  it("decides what it redirects to, as far as that is literal", () => {
    expect(effectsOf(plan("for i in a; do echo $i > .git/hooks/x; cat < .env; done > $y 2>&1"))).toEqual([
      `file_write ${PROJECT}/.git/hooks/x`,
      `file_read ${PROJECT}/.env`,
    ]);
  });
});

describe("parseCommand(), leading cd", () => {
  it.each([
    ["cd src && ls", "src", "ls"],
    ["cd src && cd deep && ls", "src/deep", "ls"],
    ["cd 'src' && ls", "src", "ls"],
    ["cd src/link && ls", "other", "ls"],
    // By name: out of the link, to where it stands.
    ["cd src/link && cd .. && ls", "src", "ls"],
    ["cd src/link/../deep && ls", "src/deep", "ls"],
  ])("%s", (line, cwd, rest) => {
    const planned = planIn(line);
    expect(planned).toMatchObject({ opaque: false, cwd: join(folder, cwd), text: rest });
    expect(planned.actions[0]?.target).toMatchObject({ cwd: join(folder, cwd) });
  });

  it("leaves the project by its real path, for policy to judge", () => {
    expect(planIn("cd .. && ls").cwd).toBe(realpathSync(tmpdir()));
    expect(planIn("cd / && ls").cwd).toBe("/");
  });

  it("keeps the rest of an opaque line as it stands", () => {
    const planned = planIn("cd src && for i in a; do ls; done\ncat <<E\nx\nE");
    expect(planned).toMatchObject({
      opaque: true,
      cwd: join(folder, "src"),
      form: { kind: "script", script: "for i in a; do ls; done\ncat <<E\nx\nE" },
    });
  });

  it.each([
    "cd nowhere && ls",
    "cd file && ls",
    "cd dangling && ls",
    "cd - && ls",
    "cd -P src && ls",
    "cd && ls",
    "cd '' && ls",
    "cd src deep && ls",
    "cd $x && ls",
    "cd src || ls",
    "cd src; ls",
    "cd src && ls &",
    "cd src | ls",
    "cd src > out && ls",
    "! cd src && ls",
    "X=1 cd src && ls",
    "'cd' src && ls",
    "cd src",
  ])("leaves %j alone", (line) => {
    expect(planIn(line)).toMatchObject({ opaque: true, cwd: folder, form: { kind: "script", script: line } });
  });
});

describe("parseCommand(), without a disk", () => {
  it("takes every path as the caller resolves it", () => {
    const planned = parseCommand({
      command: "cd src/gone && npm test > out < in",
      cwd: PROJECT,
      project: PROJECT,
      lookup: everywhere,
      secrets: false,
      tainted: false,
      resolve: (input, base) => {
        const path = posix.resolve(base, input);
        return { kind: "path", real: path, lexical: path, file: "missing", staged: false };
      },
    });
    expect(planned).toMatchObject({ opaque: false, cwd: `${PROJECT}/src/gone` });
    expect(effectsOf(planned)).toEqual([`file_write ${PROJECT}/src/gone/out`, `file_read ${PROJECT}/src/gone/in`]);
  });

  it("leaves a cd alone that cannot be resolved", () => {
    const rest = { cwd: PROJECT, project: PROJECT, lookup: everywhere, secrets: false, tainted: false };
    expect(parseCommand({ command: "cd src && ls", ...rest, resolve: refuse })).toMatchObject({
      opaque: true,
      cwd: PROJECT,
    });
  });
});

describe("parseCommand(), argv", () => {
  it("takes words as they are", () => {
    const argv = ["git", "commit", "-m", "a\nb $(x) `y` *"];
    expect(plan(argv)).toMatchObject({ opaque: false, form: { kind: "argv", argv, program: "/usr/bin/git" } });
    expect(commandsOf(plan(argv))).toEqual([argv]);
  });

  it.each([
    [["env", "A=1", "rm", "x"], [null, ["env", "A=1", "rm", "x"], ["rm", "x"]]],
    [["sh", "-c", "rm x; ls"], [null, ["sh", "-c", "rm x; ls"], ["rm", "x"], ["ls"]]],
    [["bash", "build.sh"], [null, ["bash", "build.sh"]]],
    [["ls", "\u202e"], [null, ["ls", "\u202e"]]],
  ])("keeps %j opaque", (argv, commands) => {
    expect(commandsOf(plan(argv))).toEqual(commands);
    expect(plan(argv)).toMatchObject({ opaque: true, form: { kind: "argv", argv } });
  });

  it("runs a path from where the command starts, and calls it opaque", () => {
    expect(plan(["./x.sh", "a"])).toMatchObject({ opaque: true, form: { kind: "argv", program: `${PROJECT}/x.sh` } });
    expect(commandsOf(plan(["/bin/rm", "a"]))).toEqual([null, ["/bin/rm", "a"]]);
  });

  it("lets bash say that a program is missing", () => {
    expect(plan(["no-such-program", "it's"])).toMatchObject({
      opaque: true,
      form: { kind: "script", script: "'no-such-program' 'it'\\''s'" },
    });
  });
});

describe("parseCommand(), refusals", () => {
  it.each([
    ["nothing", ""],
    ["blanks", " \n\t "],
    ["a comment", "# ls"],
    ["NUL", "ls \0"],
    ["a lone surrogate", "ls \ud800"],
    ["more than 16 KiB", "a".repeat(MAX_COMMAND_BYTES + 1)],
    ["more than 16 KiB in bytes", "é".repeat(MAX_COMMAND_BYTES / 2 + 1)],
    ["deep substitutions", `${"echo $(".repeat(40)}ls${")".repeat(40)}`],
    ["deep backticks of code", "eval ".repeat(40) + "ls"],
    ["deep groups", `${"{ ".repeat(300)}ls${"; }".repeat(300)}`],
    ["too many commands", Array.from({ length: MAX_COMMANDS + 1 }, (_, at) => `a${at}`).join(";")],
    ["too many wrappers", `${"env ".repeat(MAX_COMMANDS + 1)}ls`],
    ["no words", []],
    ["no program", ["", "a"]],
    ["NUL in a word", ["ls", "\0"]],
    ["a lone surrogate in a word", ["ls", "\udfff"]],
    ["words of more than 16 KiB", ["ls", ...Array.from({ length: 9000 }, () => "a")]],
  ])("refuses %s", (_name, command) => {
    expect(() => plan(command)).toThrow(expect.objectContaining({ code: "COMMAND_INVALID" }));
  });

  it("takes exactly 16 KiB", () => {
    expect(plan(`ls ${"a".repeat(MAX_COMMAND_BYTES - 3)}`).opaque).toBe(false);
  });

  it("refuses a line that prints to more than the sandbox takes", () => {
    const rest = { cwd: PROJECT, project: PROJECT, lookup: inToolChain, secrets: false, tainted: false };
    expect(() => parseCommand({ command: "a;".repeat(3000), ...rest }))
      .toThrow(expect.objectContaining({ code: "COMMAND_INVALID" }));
    expect(parseCommand({ command: "a;".repeat(1500), ...rest }).opaque).toBe(false);
  });

  it("wants either a line or an argv", () => {
    const rest = { cwd: PROJECT, project: PROJECT, lookup: everywhere, secrets: false, tainted: false };
    for (const given of [{}, { command: "ls", argv: ["ls"] }]) {
      expect(() => parseCommand({ ...given, ...rest })).toThrow(expect.objectContaining({ code: "COMMAND_INVALID" }));
    }
  });

  it("gives a plan or a coded error for any text, and one that holds together", () => {
    const piece = fc.constantFrom(
      ..."ls rm git cd src ; && || | & ' \" ` $( ) ${ } $(( )) ( { [ ] < > >> 2>&1 << <<< E ! ~".split(" "),
      ..."* ? # = \\ é for in do done if then fi case esac eval sh -c env x".split(" "),
      " ",
      " ",
      "\n",
      "\r",
      "\0",
      "\u200b",
    );
    const lines = fc.oneof(
      { weight: 4, arbitrary: fc.array(piece, { maxLength: 14 }).map((parts) => parts.join("")) },
      { weight: 2, arbitrary: fc.array(piece, { maxLength: 14 }).map((parts) => parts.join(" ")) },
      { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 60 }) },
    );
    const { counterexample } = fc.check(
      fc.property(lines, (line) => {
        const found = outcomeOf(() => planIn(line));
        if ("code" in found) return found.code === "COMMAND_INVALID";
        const { form, opaque, text, actions } = found.value;
        const commands = commandsOf(found.value);
        if (commands.length === 0 || commands.includes(null) !== opaque) return false;
        if (opaque) return form.kind === "script" && line.endsWith(form.script);
        // What a person reads plans the same again.
        return planIn(text).actions.length === actions.length;
      }),
      { numRuns: 4000, seed: 15 },
    );
    expect(counterexample).toBeNull();
  });

  it("is quick with what is meant to be slow", () => {
    const lines = [
      ...([
        ["(", ")"],
        ["$(", ")"],
        ['"$(', ')"'],
        ["${a:-", "}"],
        ["$((", "))"],
        ["<(", ")"],
        ["{ ", "; }"],
        ["`", ""],
        ["[", ""],
      ] as const)
        .map(([open, close]) => deep(open, close)),
      ...[
        "a;",
        "a|",
        "a&&",
        "a&",
        "<<E ",
        "env ",
        "eval ",
        "sudo --x ",
        "cd . && ",
        "git -c a=!b ",
        ">a ",
        "'",
        "\\",
        "$",
        "é",
      ].map((part) => part.repeat(MAX_COMMAND_BYTES / 2 / part.length)),
      `find ${"-exec ".repeat(2700)}`,
      `git show ${"a:b=c@d ".repeat(2000)}`,
      `sed '${"[".repeat(16_000)}'`,
      `awk '${" ".repeat(16_000)}'`,
      `x ${Array.from({ length: 2000 }, (_, at) => `>f${at}`).join(" ")}`,
    ];
    const slow: string[] = [];
    for (const line of lines) {
      const start = performance.now();
      outcomeOf(() => plan(line));
      if (performance.now() - start > 30_000) slow.push(line.slice(0, 20));
    }
    expect(slow).toEqual([]);
  });
});
