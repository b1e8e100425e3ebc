// Our client over TCP: engine, reactor and the virtual chip's sockets, driven as a device drives them.
#include "client.hpp"
#include "esb/link/pump.hpp"
#include "esb/net/tcp_stream.hpp"
#include "host/vchip/clock_posix.hpp"
#include "host/vchip/resolver_posix.hpp"
#include "host/vchip/sockets_posix.hpp"

namespace {

using namespace esb;

class Client final : public mqtt::Handler, private Task {
public:
    explicit Client(bench::Run& run) : run_(run) {
        mqtt::ConnectOptions options;
        options.client_id = "bench";
        if (!client_.configure(options) || !reactor_.add(*this)) bench::give_up("configure");
        client_.start(reactor_.now(), 1);
    }
    void run() {
        while (client_.state() != mqtt::Client::State::stopped) reactor_.turn(1s);
    }

private:
    void step(Instant now) override { pump_.step("127.0.0.1", run_.plan.port, now); }
    std::optional<Instant> deadline() const override { return earliest(pump_.deadline(), client_.next_deadline()); }

    void publish() {
        if (!run_.may_publish()) return;
        run_.published();
        put();
    }
    void put() {
        if (!client_.publish({bench::topic, bench::payload, static_cast<mqtt::Qos>(run_.plan.qos)})) bench::give_up("publish");
    }
    void on_connected(bool) override {
        if (run_.plan.what == bench::What::cut) {
            run_.on_line();
            if (in_flight_ == 0) ready();
            return;
        }
        run_.begin();
        if (run_.plan.sends()) {
            for (unsigned i = 0; i < run_.plan.window; ++i) publish();
        } else if (!client_.subscribe(bench::topic, static_cast<mqtt::Qos>(run_.plan.qos))) {
            bench::give_up("subscribe");
        }
    }
    void ready() {
        run_.ready();
        if (run_.all_cut()) return client_.stop(reactor_.now());
        for (; in_flight_ < run_.plan.window; ++in_flight_) put();
    }
    void on_disconnected(const Error& why, Instant) override {
        if (run_.plan.what == bench::What::cut) return client_.retry_by(reactor_.now());
        if (!run_.over()) bench::give_up(why.name().data());
    }
    void on_message(const mqtt::MessagePiece& piece) override {
        if (!piece.is_last()) return;
        run_.received();
        if (run_.over()) client_.stop(reactor_.now());
    }
    void on_published(mqtt::Token, Status outcome) override {
        if (!outcome) bench::give_up(outcome.error().name().data());
        if (run_.plan.what == bench::What::cut) {
            if (--in_flight_ == 0) ready();
            return;
        }
        run_.done();
        if (run_.over()) return client_.stop(reactor_.now());
        publish();
    }
    void on_subscribed(mqtt::Token, Result<mqtt::Qos>) override {}

    bench::Run& run_;
    vchip::SystemClock clock_;
    vchip::PosixSockets sockets_{clock_};
    vchip::ThreadResolver resolver_{clock_, sockets_, nullptr};
    net::Reactor reactor_{sockets_, clock_};
    net::Names names_{reactor_, resolver_};
    net::TcpStream stream_{reactor_, names_};
    std::vector<std::uint8_t> memory_ = std::vector<std::uint8_t>(16 * 1024);
    mqtt::Client client_{*this, {.max_inflight_out = 20, .max_inflight_in = 20}, memory_};
    link::StreamPump pump_{client_, reactor_, stream_};
    unsigned in_flight_ = 0;
};

}  // namespace

int main(int count, char** words) {
    bench::Run run{bench::Plan(count, words)};
    Client(run).run();
    return 0;
}
