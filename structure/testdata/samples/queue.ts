// A bounded queue.
import type { Clock } from "./clock";

export interface Item<T> {
  readonly value: T;
  at?: number;
}

enum Kind {
  Open = "(",
  Close = ")",
}

type Visitor<T> = (i: number, item: Item<T>) => boolean | void;

export abstract class Queue<T extends object> {
  private items: Item<T>[] = [];

  constructor(private readonly cap: number, protected clock?: Clock) {}

  push(value: T): this {
    if (this.items.length >= this.cap) {
      throw new Error(`push ${JSON.stringify(value)} of ${this.cap}`);
    }
    this.items.push({ value, at: this.clock?.now() });
    return this;
  }

  each(f: Visitor<T>): void {
    for (const [i, item] of this.items.entries()) {
      if (f(i, item) === false) {
        return;
      }
    }
  }

  abstract kind(): Kind;
}

export function last<T>(items: Array<T>): T | undefined {
  return items[items.length - 1] as T;
}
