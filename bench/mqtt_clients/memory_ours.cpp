// Our engine on memory: the broker's side is not counted, nor is what a transport would do.
#include "broker.hpp"
#include "esb/mqtt/client.hpp"

namespace {

using namespace esb;

constexpr mqtt::Limits limits{.max_inflight_out = 20, .max_inflight_in = 20};

class Bench final : public mqtt::Handler {
public:
    explicit Bench(const bench::Plan& plan) : plan_(plan) {
        mqtt::ConnectOptions options;
        options.client_id = "bench";
        if (!client_.configure(options)) bench::give_up("configure");
        client_.start(now_, 1);
        client_.transport_opening();
        client_.transport_opened(now_);
        send();
        receive();
        if (!plan.sends() && !client_.subscribe(bench::topic, static_cast<mqtt::Qos>(plan.qos))) bench::give_up("subscribe");
        send();
        receive();
    }
    void run() {
        while (done_ < plan_.messages) round();
    }

private:
    void round() {
        const unsigned before = done_;
        if (plan_.sends()) {
            const bench::Counted counted;
            for (unsigned i = 0; i < plan_.window; ++i) publish();
            send();
        } else {
            broker_.deliver(plan_.window, plan_.qos);
        }
        receive();
        if (done_ != before + plan_.window) bench::give_up("messages are missing");
    }
    void publish() {
        mqtt::Publish message{bench::topic, bench::payload, static_cast<mqtt::Qos>(plan_.qos)};
#ifdef BENCH_BORROW
        message.borrowed = true;
#endif
        if (!client_.publish(message)) bench::give_up("publish");
    }
#ifdef BENCH_BORROW
    // Both pieces at once, like a writev().
    void send() {
        for (auto bytes = client_.output(); !bytes.empty(); bytes = client_.output()) {
            const auto behind = client_.output_behind();
            give(bytes, behind);
            client_.sent(bytes.size() + behind.size(), now_);
        }
    }
#else
    void send() {
        for (auto bytes = client_.output(); !bytes.empty(); bytes = client_.output()) {
            give(bytes);
            client_.sent(bytes.size(), now_);
        }
    }
#endif
    void give(ConstBytes bytes, ConstBytes behind = {}) {
        const bench::NotCounted transport;
        broker_.receive(bytes.data(), bytes.size());
        if (!behind.empty()) broker_.receive(behind.data(), behind.size());
    }
    // Until the broker has nothing more to say.
    void receive() {
        while (!broker_.out.empty()) {
            std::swap(to_client_, broker_.out);
            broker_.out.clear();
            const bench::Counted counted;
            client_.receive(to_client_, now_);
            send();
        }
    }

    void on_connected(bool) override {}
    void on_disconnected(const Error&, Instant) override { bench::give_up("disconnected"); }
    void on_message(const mqtt::MessagePiece& piece) override {
        if (piece.is_last()) ++done_;
    }
    void on_published(mqtt::Token, Status) override { ++done_; }
    void on_subscribed(mqtt::Token, Result<mqtt::Qos>) override {}

    const bench::Plan plan_;
    Instant now_{1s};
    std::vector<std::uint8_t> memory_ = std::vector<std::uint8_t>(16 * 1024);
    mqtt::Client client_{*this, limits, memory_};
    bench::Broker broker_;
    bench::Broker::Bytes to_client_;
    unsigned done_ = 0;
};

// With the smallest outbox.
std::size_t state() { return sizeof(mqtt::Client) + mqtt::Client::minimum_memory(limits); }

}  // namespace

int main(int count, char** words) {
    if (bench::Plan::asks_for_state(count, words)) return bench::Plan::print_state(state());
    const bench::Plan plan(count, words);
    Bench bench(plan);
    bench.run();
    return 0;
}
