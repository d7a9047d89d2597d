import fc from "fast-check";
import { beforeAll, describe, expect, it, test } from "vitest";
import { canonicalJson, loadSodium } from "../../core/mod.ts";
import type { PermissionSource } from "../../skills/permission-source.ts";
import { compilePermissions, EMPTY_PERMISSIONS, permDigest, tryCompile } from "../../skills/permissions.ts";

beforeAll(async () => void await loadSodium());

function problems(source: Partial<PermissionSource>): readonly string[] {
  return tryCompile({ runtime: "wasm-sandbox", ...source }).problems.map(({ field }) => field);
}

describe("compilePermissions()", () => {
  it("gives the digest of the vector for nothing at all", () => {
    expect(permDigest(EMPTY_PERMISSIONS)).toBe("b2:59ecbe2b02c75b9159eabb84988b4142822357730af507e3870562bf8319b29d");
    expect(permDigest(compilePermissions({ runtime: "none" }))).toBe(permDigest(EMPTY_PERMISSIONS));
    expect(permDigest(compilePermissions({ runtime: "none", net: "none", "fs.read": "none", exec: "none" })))
      .toBe(permDigest(EMPTY_PERMISSIONS));
  });

  it("has one form for one set of atoms, however they are written", () => {
    const a = compilePermissions({
      runtime: "wasm-sandbox",
      world: "az:host/tool@0.3.0 wasi:io@0.2 wasi:cli@0.2",
      "fs.read": "workspace:b workspace:a scratch:**",
      net: "POST,GET https://b.example:443/** GET https://a.example:443/x",
      secret: "github/token -> https://b.example:443 header:X-Key",
      limits: "wall-ms=5 memory=65536",
    });
    const b = compilePermissions({
      runtime: "wasm-sandbox",
      world: "az:host/tool@0.3.0 wasi:cli@0.2 wasi:io@0.2",
      "fs.read": "scratch:** workspace:a workspace:b",
      net: "GET https://a.example:443/x GET,POST https://b.example:443/**",
      secret: "handle://vault/github/token -> https://b.example:443 header:x-key",
      limits: "memory=65536 wall-ms=5",
    });
    expect(canonicalJson(a)).toBe(canonicalJson(b));
    expect(canonicalJson(a)).toBe(
      '{"exec":[],"fs.read":["scratch:**","workspace:a","workspace:b"],"fs.write":[],' +
        '"limits":{"memory":65536,"wall-ms":5},' +
        '"net":[{"methods":["GET","POST"],"origin":"https://b.example:443","path":"/**"},' +
        '{"methods":["GET"],"origin":"https://a.example:443","path":"/x"}],"runtime":"wasm-sandbox",' +
        '"secret":[{"handle":"handle://vault/github/token","origin":"https://b.example:443","slot":"header:x-key"}],' +
        '"v":1,"world":"az:host/tool@0.3.0 wasi:cli@0.2 wasi:io@0.2"}',
    );
  });

  test.for([
    ["a file", "workspace:README.md"],
    ["a glob", "workspace:data/**.csv scratch:** skill:assets/*"],
    ["a hidden file by its name", "workspace:.github/CODEOWNERS"],
    ["another alphabet", "workspace:данные/*.csv"],
  ])("reads %s", ([, atoms]) => expect(problems({ "fs.read": atoms })).toEqual([]));

  test.for([
    ["no root", "README.md"],
    ["an unknown root", "home:**"],
    ["an absolute glob", "workspace:/etc/passwd"],
    ["a parent folder", "workspace:../x"],
    ["a parent folder inside", "workspace:a/../../x"],
    ["an empty part", "workspace:a//b"],
    ["an end in a slash", "workspace:a/"],
    ["a dot part", "workspace:./a"],
    ["nothing behind the root", "workspace:"],
    ["three stars", "workspace:***"],
    ["a question mark", "workspace:a?"],
    ["a class", "workspace:[ab]"],
    ["braces", "workspace:{a,b}"],
    ["a backslash", "workspace:a\\b"],
    ["two spaces", "workspace:a  workspace:b"],
    ["a space at the end", "workspace:a "],
    ["a tab", "workspace:a\tworkspace:b"],
    ["a line feed", "workspace:a\nworkspace:b"],
    ["the same twice", "workspace:a workspace:a"],
    ["none beside others", "workspace:a none"],
    ["an empty value", ""],
    ["an invisible character", "workspace:a\u200b"],
    ["a no-break space", "workspace:a\u00a0b"],
    ["more than 64 atoms", Array.from({ length: 65 }, (_, i) => `workspace:f${i}`).join(" ")],
  ])("refuses a file atom with %s", ([, atoms]) => {
    expect(problems({ "fs.read": atoms }).length).toBeGreaterThan(0);
    expect(problems({ "fs.write": atoms }).length).toBeGreaterThan(0);
  });

  it("lets nobody write to a skill", () => {
    expect(problems({ "fs.read": "skill:**" })).toEqual([]);
    expect(problems({ "fs.write": "skill:**" })).toEqual(["fs.write"]);
  });

  test.for([
    "GET https://api.example.com:443/repos/**",
    "GET,POST,PUT,PATCH,DELETE,HEAD,OPTIONS https://api.example.com:8443/",
    "GET https://xn--bcher-kva.example:443/**",
    "GET https://a.example:443/%C3%A9/*",
  ])("reads %s", (net) => expect(problems({ net })).toEqual([]));

  test.for([
    "GET",
    "get https://a.example:443/",
    "GET, https://a.example:443/",
    "GET,GET https://a.example:443/",
    "CONNECT https://a.example:443/",
    "* https://a.example:443/",
    "GET http://a.example:80/",
    "GET https://a.example/",
    "GET https://a.example:443",
    "GET https://localhost:443/",
    "GET https://*.example.com:443/",
    "GET https://*:443/",
    "GET https://10.0.0.1:443/",
    "GET https://0x7f.1:443/",
    "GET https://127.1:443/",
    "GET https://[::1]:443/",
    "GET https://me@a.example:443/",
    "GET https://A.example:443/",
    "GET https://a.example.:443/",
    "GET https://a..example:443/",
    "GET https://-a.example:443/",
    "GET https://b\u00fccher.example:443/",
    "GET https://a.example:0443/",
    "GET https://a.example:0/",
    "GET https://a.example:65536/",
    "GET https://a.example:443/?q",
    "GET https://a.example:443/#f",
    "GET https://a.example:443/../b",
    "GET https://a.example:443//b",
    "GET https://a.example:443/a%2fb",
    "GET https://a.example:443/a%2Fb",
    "GET https://a.example:443/%2E%2E/b",
    "GET https://a.example:443/a;b",
    "GET https://a.example:443/a\\b",
    "GET ftp://a.example:21/",
    "GET https://a.example:443/x GET https://a.example:443/x",
  ])("refuses %s", (net) => expect(problems({ net })).toContain("net"));

  const net = "GET https://api.example.com:443/**";
  test.for([
    "github/token -> https://api.example.com:443 bearer",
    "handle://env/ci/token -> https://api.example.com:443 basic:me",
  ])("reads %s", (secret) => expect(problems({ net, secret })).toEqual([]));

  test.for([
    ["three tokens", "github/token -> https://api.example.com:443"],
    ["another arrow", "github/token => https://api.example.com:443 bearer"],
    ["an origin outside net", "github/token -> https://evil.example:443 bearer"],
    ["another port", "github/token -> https://api.example.com:444 bearer"],
    ["an origin with a path", "github/token -> https://api.example.com:443/ bearer"],
    ["no handle", "TOKEN -> https://api.example.com:443 bearer"],
    ["a slot for a process", "github/token -> https://api.example.com:443 env:TOKEN"],
    ["a slot for a component", `github/token -> https://api.example.com:443 component:b2:${"0".repeat(64)}`],
    ["a header that frames the message", "github/token -> https://api.example.com:443 header:host"],
    [
      "the same twice",
      "github/token -> https://api.example.com:443 bearer handle://vault/github/token -> https://api.example.com:443 bearer",
    ],
  ])("refuses a secret with %s", ([, secret]) => expect(problems({ net, secret })).toContain("secret"));

  test.for(
    [
      ["nothing", undefined, false],
      ["an entry script", "skill:scripts/run.sh", true],
      ["a script and programs", "skill:scripts/run.sh tool:git tool:python3", true],
      ["a program first", "tool:git skill:scripts/run.sh", false],
      ["two scripts", "skill:a.sh skill:b.sh", false],
      ["a path of a program", "skill:a.sh tool:/bin/sh", false],
      ["a script above", "skill:../a.sh", false],
      ["a glob", "skill:*.sh", false],
    ] as const,
  )("of a host-supervised skill with %s", ([, exec, good]) => {
    expect(problems({ runtime: "host-supervised", exec }).length === 0).toBe(good);
  });

  it("gives a host-supervised skill neither network nor secrets, and only what can be mounted", () => {
    const source = { runtime: "host-supervised", exec: "skill:a.sh" };
    expect(problems({ ...source, net })).toEqual(["net"]);
    expect(problems({ ...source, "fs.read": "workspace:data/** workspace:README.md scratch:**" })).toEqual([]);
    expect(problems({ ...source, "fs.read": "workspace:data/*.csv" })).toEqual(["fs.read"]);
    expect(problems({ ...source, "fs.write": "workspace:**/out" })).toEqual(["fs.write"]);
  });

  it("refuses exec for every other runtime", () => {
    expect(problems({ exec: "skill:a.sh" })).toEqual(["exec"]);
    expect(problems({ runtime: "none", exec: "skill:a.sh" })).toEqual(["exec"]);
  });

  test.for(
    [
      ["memory=67108864 wall-ms=5000 output=1048576 calls=0", true],
      ["memory=268435456", true],
      ["memory=268435457", false],
      ["wall-ms=120001", false],
      ["output=8388609", false],
      ["calls=20001", false],
      ["memory=0", false],
      ["memory=-1", false],
      ["memory=1e6", false],
      ["memory=0x10", false],
      ["memory=007", false],
      ["memory=64MiB", false],
      ["memory=1 memory=2", false],
      ["fuel=5", false],
      ["memory", false],
      ["memory=", false],
      ["constructor=1", false],
      ["memory=99999999999999999999", false],
    ] as const,
  )("limits %s: %s", ([limits, good]) => expect(problems({ limits }).length === 0).toBe(good));

  it("lets processes have more than components", () => {
    expect(problems({ runtime: "host-supervised", exec: "skill:a.sh", limits: "wall-ms=3600000" })).toEqual([]);
  });

  it("never crashes, and is total over what it reads", () => {
    const word = fc.oneof(
      fc.constantFrom(
        "workspace:",
        "https://a.example:443/",
        "GET",
        "->",
        "bearer",
        "**",
        "none",
        "skill:",
        "memory=1",
      ),
      fc.string({ maxLength: 12, unit: "binary" }),
    );
    const value = fc.array(word, { maxLength: 6 }).map((words) => words.join(" "));
    fc.assert(
      fc.property(fc.record({ "fs.read": value, net: value, secret: value, exec: value, limits: value }), (source) => {
        const { permissions, problems: found } = tryCompile({ runtime: "wasm-sandbox", ...source });
        if (found.length > 0) return;
        expect(permDigest(permissions)).toMatch(/^b2:/);
      }),
      { seed: 8, numRuns: 300 },
    );
  });
});
