/** A binary min-heap of (key, item); ties keep no promised order beyond determinism. */
export interface Queue {
  readonly keys: number[];
  readonly items: number[];
}

export const createQueue = (): Queue => ({ keys: [], items: [] });

export function push(queue: Queue, key: number, item: number): void {
  const { keys, items } = queue;
  let at = keys.length;
  keys.push(key);
  items.push(item);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (keys[parent] <= key) break;
    keys[at] = keys[parent];
    items[at] = items[parent];
    at = parent;
  }
  keys[at] = key;
  items[at] = item;
}

/** Takes the smallest key out; undefined when empty. */
export function pop(queue: Queue): { key: number; item: number } | undefined {
  const { keys, items } = queue;
  if (keys.length === 0) return undefined;
  const top = { key: keys[0], item: items[0] };
  const key = keys.pop() as number;
  const item = items.pop() as number;
  if (keys.length > 0) siftDown(queue, key, item);
  return top;
}

function siftDown({ keys, items }: Queue, key: number, item: number): void {
  let at = 0;
  for (let child = 1; child < keys.length; child = 2 * at + 1) {
    if (child + 1 < keys.length && keys[child + 1] < keys[child]) child++;
    if (keys[child] >= key) break;
    keys[at] = keys[child];
    items[at] = items[child];
    at = child;
  }
  keys[at] = key;
  items[at] = item;
}
