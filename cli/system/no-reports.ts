/**
 * Switches diagnostic reports off, whatever `NODE_OPTIONS` says.
 *
 * Threat: a report written on a crash or a signal holds the environment and strings of the heap's stack.
 *
 * @param report `process.report`, which not every runtime has.
 */
export function switchReportsOff(report: typeof process.report | undefined): void {
  if (report === undefined) return;
  report.reportOnFatalError = false;
  report.reportOnSignal = false;
  report.reportOnUncaughtException = false;
  if ("excludeEnv" in report) report.excludeEnv = true;
}
