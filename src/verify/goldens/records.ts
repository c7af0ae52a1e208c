/** Names once, then rows of numbers in their order: models with many states stay readable. */
export const recordsOf = (names: string) => {
  const keys = names.trim().split(/\s+/);
  return (values: readonly number[]): Readonly<Record<string, number>> => {
    if (values.length !== keys.length)
      throw new Error(`${values.length} numbers for ${keys.length} names.`);
    return Object.fromEntries(keys.map((key, k) => [key, values[k]]));
  };
};
