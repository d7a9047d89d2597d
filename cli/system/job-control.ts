/** How a shell stops a program and lets it go on. */
export interface JobControl {
  /** Stops the process and its group, as Ctrl+Z does: the shell has the terminal until it lets us go on. */
  suspend(): void;
  /** Calls `run` when the process goes on after it was stopped, until the returned function is called. */
  onContinue(run: () => void): () => void;
}

/** Job control of this process; Windows has none. */
export const jobControl: JobControl = {
  suspend(): void {
    // The group: a shell waits for all of it, and npm or an older Node may have started us.
    if (process.platform !== "win32") process.kill(0, "SIGTSTP");
  },
  onContinue(run): () => void {
    if (process.platform === "win32") return () => undefined;
    process.on("SIGCONT", run);
    return () => void process.off("SIGCONT", run);
  },
};
