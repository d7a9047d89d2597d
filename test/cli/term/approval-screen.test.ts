import { describe, expect, it, test } from "vitest";
import type { ApprovalRequest, AtomicAction, Digest, PreviewChange, Verdict } from "../../../core/mod.ts";
import { approvalScreen, keyLines, ruleLines } from "../../../cli/term/approval-screen.ts";
import { approvalStep } from "../../../cli/term/approval-keys.ts";
import { coversText } from "../../../cli/term/covers-text.ts";
import { PLAIN } from "../../../cli/term/style.ts";

const WRITE: AtomicAction = {
  capability: "file_write",
  target: { kind: "path", real: "/home/me/shop/a.txt", lexical: "/home/me/shop/a.txt", file: "missing", staged: false },
  classes: ["private"],
  tier: "host-supervised",
  tainted: false,
  skill: null,
};

function asks(change: Partial<Verdict> = {}): Verdict {
  return {
    decision: "requires_approval",
    rule: "write-project",
    layer: "project",
    reason: "rule: look at the diff first",
    obligations: { redact: [], max_bytes: null },
    approval: { maxScope: "project", timeoutMs: 1, ttlMs: 1, asks: [], shape: "/home/me/shop/a.txt" },
    granted: null,
    hint: null,
    ...change,
  };
}

function question(change: Partial<ApprovalRequest> = {}, verdict: Partial<Verdict> = {}): ApprovalRequest {
  return {
    session: "ses_x",
    call: "call_x",
    actor: "model",
    tool: "write",
    title: "Write a.txt",
    tier: "host-supervised",
    actions: [{ action: WRITE, verdict: asks(verdict) }],
    preview: { kind: "changes", summary: "1 change", changes: [file({})] },
    tainted: false,
    origins: [],
    handles: [],
    scopes: ["once"],
    timeoutMs: 1,
    digest: `b2:${"91c2".repeat(16)}` as Digest,
    ...change,
  } as ApprovalRequest;
}

function file(change: Partial<PreviewChange>): PreviewChange {
  return { path: "a.txt", kind: "create", runsLater: false, before: null, after: "x\n", bytes: 2, ...change };
}

function screen(request: ApprovalRequest): string {
  return approvalScreen(request, { columns: 120, details: false, style: PLAIN }).join("\n");
}

describe("approvalScreen()", () => {
  it("says which question of several it is, and nothing of the kind where it stands alone", () => {
    expect(screen(question({ position: { at: 1, of: 2 } }))).toContain(
      " Approve 1 of 2: the model wants to write a.txt",
    );
    expect(screen(question({ position: { at: 1, of: 1 } }))).toContain(" Approve: the model wants to write a.txt");
    expect(screen(question())).toContain(" Approve: the model wants to write a.txt");
  });

  it("breaks a long title at the width, and shows on its first line that it is tainted", () => {
    const lines = screen(question({ title: `Run ${"x ".repeat(200)}; rm -rf y`, tainted: true })).split("\n");
    expect(lines[0]).toMatch(/^ Approve: the model wants to run x .* tainted$/);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(120);
    expect(lines.join("").replaceAll(" ", "")).toContain(";rm-rfy");
  });

  test.for<[string, Partial<PreviewChange>, string]>([
    ["a new empty file is empty", { after: "", bytes: 0 }, "an empty file"],
    ["a deleted empty file was empty", { kind: "delete", before: "", after: null, bytes: 0 }, "it is empty"],
    ["bytes that are no text are not shown", { after: null, bytes: 9 }, "not text"],
    ["a file whose mode alone changed has the same text", { kind: "modify", before: "x", after: "x" }, "the same text"],
    ["a link is called one", { kind: "symlink", after: null, bytes: 3 }, "a symbolic link"],
  ])("%s", ([, change, expected]) => {
    const shown = screen(question({ preview: { kind: "changes", summary: "", changes: [file(change)] } }));
    expect(shown).toContain(`(${expected})`);
    expect(shown).not.toContain("nothing that shows");
  });

  it("says why once: neither the code of the reason nor the name of the rule again", () => {
    expect(screen(question())).toContain('rule "write-project" (project) asks: look at the diff first');
    const bare = screen(question({}, { rule: "install", reason: 'rule: "install" asks first' }));
    expect(bare).toMatch(/rule "install" \(project\) asks$/m);
    expect(ruleLines(question()).join("\n")).toContain(
      'requires_approval: rule "write-project" (project): look at the diff first',
    );
  });
});

describe("keyLines()", () => {
  const two = { kind: "changes", summary: "2", changes: [file({}), file({ path: "b.txt" })] } as const;
  const f = { kind: "text", text: "f" } as const;

  it("offers to choose among the changes of a command, and takes f for it", () => {
    expect(keyLines(question({ preview: two, whole: false }), 120).join()).toContain("f choose files");
    expect(approvalStep(question({ preview: two, whole: false }), { kind: "asking" }, f)).toMatchObject({
      what: "next-file",
    });
  });

  it("offers no choice where all stands or falls together, e.g. a tool and its source, and takes no f", () => {
    const tool = question({ preview: two, whole: true });
    expect(keyLines(tool, 120).join()).not.toContain("choose");
    expect(approvalStep(tool, { kind: "asking" }, f)).toEqual({ kind: "stay", stage: { kind: "asking" } });
  });

  it("says what a wider answer covers in words", () => {
    const shape = `{"digest":"b2:${"ab".repeat(32)}","id":"acme/pdf","version":"1.2.0"}`;
    const lines = keyLines(
      question({ scopes: ["once", "package"] }, {
        approval: { maxScope: "package", timeoutMs: 1, ttlMs: 1, asks: [], shape },
      }),
      120,
    );
    expect(lines[0]).toBe("   covers  acme/pdf 1.2.0 with exactly these bytes (b2:abab…abab)");
  });
});

describe("coversText()", () => {
  test.for(
    [
      ["a path", "/home/me/a.txt", "/home/me/a.txt"],
      ["an origin", "GET https://example.test:443", "GET https://example.test:443"],
      [
        "a command",
        '{"argv":["npm","run","a b"],"cwd":"/p","redirects":["/p/out"],"secrets":true,"tier":"host-supervised"}',
        "npm run 'a b'   in /p, writing /p/out, with secrets in its environment",
      ],
      ["an opaque line", '{"cwd":"/p","redirects":[],"text":"a && b","tier":"t"}', "a && b   in /p"],
      [
        "a pattern",
        '{"patterns":[{"rest":true,"words":[["npm"],["ci","test"]]}],"tier":"t"}',
        "any command of the form npm (ci|test) ...",
      ],
      [
        "a model",
        '{"highest":"private","host":"api.test","port":443,"provider":"claude"}',
        "requests to claude at api.test:443 with data up to private",
      ],
      [
        "a secret",
        '{"handle":"handle://vault/a/b","host":"api.test","inject":"bearer","port":443,"program":null}',
        "handle://vault/a/b as bearer for api.test:443",
      ],
      [
        "a skill's import",
        '{"import":"az:host/http","permissions":"sha256:1","skill":"acme/pdf","skill_digest":"b2:1","tier":"t"}',
        "az:host/http for acme/pdf, with the permissions it has now",
      ],
      [
        "a package with its permissions",
        '{"digest":"b2:1","id":"acme/pdf","permissions":{},"version":"1"}',
        "acme/pdf 1 with exactly these bytes (b2:1), with the permissions that were shown",
      ],
      ["something unknown", '{"x":1}', '{"x":1}'],
      ["something broken", "{x", "{x"],
    ] as const,
  )("%s", ([, shape, expected]) => expect(coversText(shape)).toBe(expected));
});
