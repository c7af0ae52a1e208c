/** One piece of work that waits for nothing but those before its stage. */
export interface Task<T> {
  readonly name: string;
  readonly input: T;
}

export interface Step {
  readonly done: number;
  readonly of: number;
  readonly name: string;
  /** Estimated from the tasks that are done; null before the first. */
  readonly left_s: number | null;
}

export interface RunOptions<T, R> {
  readonly tasks: readonly Task<T>[];
  /** Side by side. */
  readonly lanes: number;
  /** Rejects when the signal aborts. */
  readonly run: (task: Task<T>, signal: AbortSignal) => Promise<R>;
  /** Called in the order in which tasks end. */
  readonly onDone: (task: Task<T>, result: R) => Promise<void>;
  readonly onStep: (step: Step) => void;
  readonly signal: AbortSignal;
  /** Milliseconds; the caller's clock. */
  readonly now: () => number;
}

/**
 * Runs independent tasks, so many side by side, each as soon as a lane is free. The first error stops
 * the others and is thrown; what is done by then has been handed to `onDone`.
 */
export async function runTasks<T, R>(options: RunOptions<T, R>): Promise<void> {
  const { tasks, lanes, run, onDone, onStep, signal, now } = options;
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const began = now();
  let [next, done] = [0, 0];
  const lane = async () => {
    while (next < tasks.length && !both.aborted) {
      const task = tasks[next++];
      const left_s = done === 0 ? null : ((now() - began) / 1000 / done) * (tasks.length - done);
      onStep({ done, of: tasks.length, name: task.name, left_s });
      const result = await run(task, both);
      await onDone(task, result);
      done++;
    }
  };
  const working = Array.from({ length: Math.min(lanes, tasks.length) }, () =>
    lane().catch((error) => {
      stop.abort(error);
      throw error;
    }),
  );
  await Promise.allSettled(working);
  await Promise.all(working);
  signal.throwIfAborted();
}
