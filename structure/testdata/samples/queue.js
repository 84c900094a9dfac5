// A bounded queue.
import { EventEmitter } from "events";

const pattern = /[({]\/"/g;

export class Queue extends EventEmitter {
  #items = [];

  constructor(cap = 10) {
    super();
    this.cap = cap;
  }

  push(value) {
    if (this.#items.length >= this.cap) {
      throw new Error(`push ${value}: ${`${this.cap} items`} is full`);
    }
    this.#items.push({ value, at: Date.now(), ...value });
    return this;
  }

  async *each(f) {
    for (const [i, item] of this.#items.entries()) {
      switch (typeof item) {
        case "object":
          yield await f(i, item?.value ?? null);
          break;
        default:
          continue;
      }
    }
  }
}

const view = (items) => <ul className="x">{items.map((i) => <li key={i}>{i}</li>)}</ul>;

export default async function main() {
  const q = new Queue(3);
  q.on("full", () => {
    console.log('it\'s full', 1 / 2 / 3);
  });
  try {
    q.push(1).push(2);
  } catch (e) {
    return pattern.test(e.message);
  }
}
