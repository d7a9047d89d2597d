import { describe, expect, it, test } from "vitest";
import {
  APPROVAL_SCOPES,
  CAPABILITIES,
  CLASSIFICATIONS,
  DECISIONS,
  ISOLATION_TIERS,
  isWord,
  LAYERS,
  severity,
  TRUST_LABELS,
  worstOf,
} from "../../core/words.ts";

describe("the closed sets", () => {
  it("are spelled as files and JSON spell them", () => {
    expect({ CAPABILITIES, CLASSIFICATIONS, DECISIONS, ISOLATION_TIERS, APPROVAL_SCOPES, TRUST_LABELS, LAYERS })
      .toEqual({
        CAPABILITIES: ("file_read file_write shell_command network_request model_call secret_handle_usage " +
          "package_install package_execution skill_load runtime_launch acp_context_request mvm_mount wasm_host_call")
          .split(" "),
        CLASSIFICATIONS: "public internal private pii secret credential regulated unknown".split(" "),
        DECISIONS: "allow allow_with_redaction requires_approval deny".split(" "),
        ISOLATION_TIERS: "none host-readonly host-supervised wasm-sandbox mvm-microvm deny".split(" "),
        APPROVAL_SCOPES: "once session project package never".split(" "),
        TRUST_LABELS: "user policy core skill tool file network model guest".split(" "),
        LAYERS: "floor system user project skill session".split(" "),
      });
  });
});

describe("isWord()", () => {
  test.for(
    [["deny", true], ["Deny", false], ["deny ", false], ["", false], [3, false], [null, false], [
      "toString",
      false,
    ]] as const,
  )(
    "%j: %j",
    ([value, expected]) => expect(isWord(DECISIONS, value)).toBe(expected),
  );
});

describe("worstOf()", () => {
  it("gives the more severe of any two, in either order", () => {
    for (const [i, a] of DECISIONS.entries()) {
      expect(severity(a)).toBe(i);
      for (const [j, b] of DECISIONS.entries()) expect(worstOf(a, b)).toBe(DECISIONS[Math.max(i, j)]);
    }
  });
});
