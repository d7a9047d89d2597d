import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { VERSION } from "../../../cli/version.ts";

const ROOT = new URL("../../../registry/", import.meta.url);

function entry(id: string): Record<string, unknown> {
  return JSON.parse(readFileSync(new URL(`${id}/agent.json`, ROOT), "utf8"));
}

describe("registry entry", () => {
  it("names this package at this version, under a licence, with a pinned distribution", () => {
    for (const id of readdirSync(ROOT)) {
      const agent = entry(id);
      expect(id).toMatch(/^[a-z][a-z0-9-]*$/);
      expect(agent).toMatchObject({ id, version: VERSION, license: "Apache-2.0" });
      expect(VERSION).toMatch(/^\d+\.\d+\.\d+$/);
      for (const key of ["name", "description", "license_url"]) expect(agent[key]).toMatch(/\S/);
      expect(agent["distribution"]).toEqual({ npx: { package: `agentzero@${VERSION}`, args: ["acp"] } });
    }
  });

  it("has a square icon of 16 pixels in the colour of its surroundings, and nothing else in it", () => {
    const icon = readFileSync(new URL("agentzero/icon.svg", ROOT), "utf8");
    expect(icon).toMatch(/^<svg [^>]*width="16" height="16" viewBox="0 0 16 16"/);
    for (const [, colour] of icon.matchAll(/(?:fill|stroke)="([^"]*)"/g)) {
      expect(["none", "currentColor"]).toContain(colour);
    }
    expect(icon).not.toMatch(/<(?!\/?(?:svg|path)\b)|href|script|style|on[a-z]+=/i);
  });
});
