/** Time as a value, so that tests and replays need not wait. */
export interface Clock {
  /** Milliseconds since 1970. */
  now_ms(): number;
  /** Resolves after a while; rejects at once when the signal aborts. */
  wait(duration_ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now_ms: () => Date.now(),
  wait: (duration_ms, signal) =>
    new Promise((resolve, reject) => {
      const stop = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      // Timers count in 32 bits; longer waits would fire at once.
      const timer = setTimeout(
        () => {
          signal?.removeEventListener("abort", stop);
          resolve();
        },
        Math.min(duration_ms, 2 ** 31 - 1),
      );
      if (signal?.aborted) stop();
      else signal?.addEventListener("abort", stop, { once: true });
    }),
};
