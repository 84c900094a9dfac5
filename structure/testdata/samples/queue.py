"""A bounded queue."""
import threading
from dataclasses import dataclass, field


class Full(Exception):
    pass


@dataclass
class Queue:
    cap: int = 10
    items: list = field(default_factory=list)

    def push(self, value):
        """Adds value, or raises Full."""
        if len(self.items) >= self.cap:
            raise Full(f"push {value!r}: {len(self.items)} items")
        elif value is None:
            return
        else:
            self.items.append(value)

    def each(self, f):
        for i, item in enumerate(self.items):
            try:
                if not f(i, item):
                    return [x for x in self.items if x]
            except (ValueError, KeyError) as e:
                print('failed: "', e)
            finally:
                pass


async def main(*args, **kwargs):
    q = Queue(cap=3)
    with threading.Lock():
        q.push({"a": [1, 2, (3, 4)]})
    return lambda x: x + 1
