// Asks a time server: at once when there is a network, then every hour, with back-off when it does not answer.
#pragma once

#include "esb/base/backoff.hpp"
#include "esb/base/fixed.hpp"
#include "esb/chip/entropy.hpp"
#include "esb/net/names.hpp"
#include "esb/net/reactor.hpp"
#include "esb/net/sntp_packet.hpp"

#include <optional>
#include <string_view>

namespace esb::net {

// Called from the reactor's task.
class SntpHandler {
public:
    virtual ~SntpHandler() = default;
    // The time now, half the round trip included, to the nearest second. An error refuses the answer.
    virtual Status on_time(UnixTime now) = 0;
    // The server was asked in vain. Comes once for each question.
    virtual void on_no_time(const Error& why) = 0;
};

// SNTP is not authenticated: whoever is on the way can tell any time.
class SntpClient final : private Task, private SocketOwner, private Names::Asker {
public:
    static constexpr Duration poll_period = std::chrono::hours(1);
    static constexpr Duration patience = std::chrono::seconds(5);      // for one answer
    static constexpr Duration look_up_patience = std::chrono::seconds(15);
    static constexpr Duration retry_first = std::chrono::seconds(15);  // RFC 4330 §10: not more often than that
    static constexpr Duration longest_pause = std::chrono::hours(24);  // after a kiss-o'-death

    SntpClient(Reactor& reactor, Names& names, chip::Entropy& entropy, SntpHandler& handler);
    ~SntpClient() override;
    SntpClient(const SntpClient&) = delete;
    SntpClient& operator=(const SntpClient&) = delete;

    // The server to ask, a host name of at most 253 bytes; empty turns the client off. `pivot` as in
    // parse_sntp_reply(). Another server is asked at once. The reactor's error.
    Status use(std::string_view server, UnixTime pivot);
    // Whether there is a network; without one nothing is asked.
    void set_network(bool up);

    bool active() const { return !server_.empty(); }
    // What the last question ended with; empty before its end. Success: the time was told and taken.
    const std::optional<Status>& outcome() const { return outcome_; }
    // When the server is asked again; empty while a question is open or there is nothing to ask.
    std::optional<Instant> next_poll() const { return next_; }

private:
    void step(Instant now) override;
    std::optional<Instant> deadline() const override;
    void on_ready(bool readable, bool writable) override;
    void on_address(Result<chip::IpAddress> address) override;

    void ask();
    Status send(const chip::IpAddress& address);
    Status receive();
    void end(const Status& outcome);
    Duration pause_after(const Error& why);
    void close();

    Reactor& reactor_;
    Names& names_;
    chip::Entropy& entropy_;
    SntpHandler& handler_;
    FixedString<chip::max_host_name> server_;
    UnixTime pivot_{};
    bool network_ = false;
    bool asking_ = false;
    chip::SocketId socket_ = chip::SocketId::none;
    chip::Endpoint asked_;
    SntpNonce nonce_{};
    Instant sent_at_{};
    std::optional<Instant> next_;    // poll
    std::optional<Instant> until_;   // the address, then the answer must be there
    Error silence_{errors::timed_out};  // why there is none by then
    Duration slower_ = poll_period;  // doubles with every "too often"
    Backoff backoff_{retry_first, poll_period};
    std::optional<Status> outcome_;
};

}  // namespace esb::net
