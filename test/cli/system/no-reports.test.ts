import { describe, expect, it } from "vitest";
import { switchReportsOff } from "../../../cli/system/no-reports.ts";

describe("switchReportsOff()", () => {
  it("switches every cause of a report off", () => {
    const report = {
      reportOnFatalError: true,
      reportOnSignal: true,
      reportOnUncaughtException: true,
      excludeEnv: false,
    } as unknown as typeof process.report;
    switchReportsOff(report);
    expect(report).toEqual({
      reportOnFatalError: false,
      reportOnSignal: false,
      reportOnUncaughtException: false,
      excludeEnv: true,
    });
    expect(() => switchReportsOff(undefined)).not.toThrow();
  });
});
