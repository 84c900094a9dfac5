#include <stdio.h>
#include <stdlib.h>

#define CAP 10
#define MAX(a, b) ((a) > (b) ? (a) : (b))

/* A bounded queue. */
struct queue {
    int items[CAP];
    size_t len;
};

enum kind { OPEN = '(', CLOSE = ')' };

typedef int (*visitor)(size_t i, int item);

static int push(struct queue *q, int value)
{
    if (q->len >= CAP) {
        fprintf(stderr, "push %d: \"full\"\n", value);
        return -1;
    }
    q->items[q->len++] = value;
    return 0;
}

void each(const struct queue *q, visitor f)
{
    for (size_t i = 0; i < q->len; i++) {
        switch (q->items[i]) {
        case OPEN:
            continue;
        default:
            if (!f(i, q->items[i]))
                return;
            else
                break;
        }
    }
}

#ifdef DEBUG
int main(void)
{
    struct queue q = {.items = {1, 2, 3}, .len = MAX(3, 1)};
    return push(&q, 'x');
}
#endif
