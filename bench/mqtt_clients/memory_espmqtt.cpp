// espMqttClient on memory: the same rounds as memory_ours.cpp. Its loop() looks at the clock, which is counted.
#include "espmqtt.hpp"

#include "broker.hpp"

namespace {

class Memory final : public espMqttClientInternals::Transport {
public:
    bool connect(IPAddress, std::uint16_t) override { return open_ = true; }
    bool connect(const char*, std::uint16_t) override { return open_ = true; }
    std::size_t write(const std::uint8_t* bytes, std::size_t size) override {
        const bench::NotCounted transport;
        broker.receive(bytes, size);
        return size;
    }
    int read(std::uint8_t* out, std::size_t size) override {
        const bench::NotCounted transport;
        if (at_ == to_client_.size()) {
            to_client_.clear();
            at_ = 0;
            std::swap(to_client_, broker.out);
        }
        const std::size_t count = std::min(size, to_client_.size() - at_);
        if (count > 0) std::memcpy(out, to_client_.data() + at_, count);
        at_ += count;
        return static_cast<int>(count);
    }
    void stop() override { open_ = false; }
    bool connected() override { return open_; }
    bool disconnected() override { return !open_; }
    bool idle() const { return broker.out.empty() && at_ == to_client_.size(); }

    bench::Broker broker;

private:
    bench::Broker::Bytes to_client_;
    std::size_t at_ = 0;
    bool open_ = false;
};

class Bench {
public:
    explicit Bench(const bench::Plan& plan) : plan_(plan) {
        client_.onPublish([this](std::uint16_t) { ++done_; });
        client_.onMessage([this](const espMqttClientTypes::MessageProperties&, const char*, const std::uint8_t*, std::size_t size,
                                 std::size_t at, std::size_t total) { done_ += at + size == total ? 1 : 0; });
        client_.setServer("memory", 1883);
        client_.connect();
        turn_until([this] { return client_.connected(); });
        if (plan.sends()) return;
        client_.take(plan.qos);
        turn_until([this] { return client_.queueSize() == 0; });
    }
    void run() {
        while (done_ < plan_.messages) round();
    }

private:
    template <typename Done>
    void turn_until(Done done) {
        for (unsigned turns = 0; !done(); ++turns) {
            if (turns == 100) bench::give_up("espMqttClient: it does not get on");
            client_.loop();
        }
    }
    void round() {
        const unsigned before = done_;
        const bench::Counted counted;
        if (plan_.sends()) {
            for (unsigned i = 0; i < plan_.window; ++i) client_.put(plan_.qos);
        } else {
            const bench::NotCounted broker;
            client_.transport.broker.deliver(plan_.window, plan_.qos);
        }
        // What it answers goes with the next turn.
        turn_until([this] { return client_.queueSize() == 0 && client_.transport.idle(); });
        if (plan_.sends() && plan_.qos == 0) done_ += plan_.window;
        if (done_ != before + plan_.window) bench::give_up("messages are missing");
    }

    const bench::Plan plan_;
    bench::EspMqtt<Memory> client_;
    unsigned done_ = 0;
};

// Its buffer for what comes in is in it; messages are on the heap.
std::size_t state() { return sizeof(bench::EspMqtt<Memory>) - sizeof(Memory); }

}  // namespace

int main(int count, char** words) {
    if (bench::Plan::asks_for_state(count, words)) return bench::Plan::print_state(state());
    const bench::Plan plan(count, words);
    Bench bench(plan);
    bench.run();
    return 0;
}
