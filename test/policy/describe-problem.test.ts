import { expect, it } from "vitest";
import { describeProblem } from "../../policy/describe-problem.ts";

it("describeProblem() names a line only where there is one", () => {
  expect(describeProblem({ code: "POLICY_KEY", line: 4, message: "unknown key" })).toBe("line 4: unknown key");
  expect(describeProblem({ code: "POLICY_PERM", line: 1, message: "it is a link" })).toBe("it is a link");
  expect(describeProblem({ code: "POLICY_READ", line: 1, message: "it cannot be opened: EACCES" })).toBe(
    "it cannot be opened: EACCES",
  );
});
