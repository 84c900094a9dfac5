package queue;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** A bounded queue. */
public final class Queue<T extends Comparable<T>> {
    private final List<T> items = new ArrayList<>();
    private final int cap;

    enum Kind { OPEN, CLOSE }

    interface Visitor<T> {
        boolean visit(int i, T item);
    }

    public Queue(int cap) {
        this.cap = cap;
    }

    @Override
    public String toString() {
        return "Queue(" + items.size() + ')';
    }

    public synchronized void push(T value) throws IllegalStateException {
        if (items.size() >= cap) {
            throw new IllegalStateException(String.format("push %s: \"full\"", value));
        }
        items.add(value);
    }

    public void each(Visitor<? super T> visitor) {
        for (int i = 0; i < items.size(); i++) {
            try {
                if (!visitor.visit(i, items.get(i))) {
                    return;
                }
            } catch (RuntimeException e) {
                Consumer<String> log = message -> System.err.println(message);
                log.accept(e.getMessage());
            } finally {
                int[] counts = {1, 2, 3};
            }
        }
    }
}
