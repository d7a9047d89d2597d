/** Work that nobody waits for, such as removing what a run left. */
export interface Background {
  /** Starts a task; its failure is not reported. */
  start(task: () => Promise<void>): void;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
}

/**
 * Creates a place for work that would only make an answer late. What a task leaves undone is removed by the next start.
 *
 * @returns The place.
 */
export function createBackground(): Background {
  const tasks = new Set<Promise<void>>();
  return {
    start(task) {
      const running = guard(task);
      tasks.add(running);
      void forget(tasks, running);
    },
    async idle() {
      while (tasks.size > 0) await Promise.all(tasks);
    },
  };
}

async function forget(tasks: Set<Promise<void>>, task: Promise<void>): Promise<void> {
  await task;
  tasks.delete(task);
}

async function guard(task: () => Promise<void>): Promise<void> {
  try {
    await task();
  } catch {
    // Rubbish stays, in a folder of our own, until the next start.
  }
}
