#include <stdexcept>
#include <string>
#include <vector>

namespace queue {

const int limit = 1'000'000;
const char *text = R"x(a ")" b)x";

template <typename T>
class Queue {
public:
    explicit Queue(std::size_t cap) : cap_{cap} {}

    virtual ~Queue() = default;

    void push(T value)
    {
        if (items_.size() >= cap_) {
            throw std::runtime_error("push: full (" + std::to_string(cap_) + ')');
        }
        items_.push_back(std::move(value));
    }

    template <typename F>
    void each(F &&f) const
    {
        for (const auto &item : items_) {
            if (auto ok = f(item); !ok) {
                return;
            }
        }
    }

private:
    std::vector<T> items_;
    std::size_t cap_;
};

enum class Kind : char { open = '(', close = ')' };

int main()
{
    Queue<int> q{3};
    q.each([&](const int &i) -> bool { return i < limit; });
    return 0;
}

} // namespace queue
