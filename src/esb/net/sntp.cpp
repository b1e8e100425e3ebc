#include "esb/net/sntp.hpp"

#include "esb/chip/resolver.hpp"

#include <algorithm>
#include <array>

namespace esb::net {

SntpClient::SntpClient(Reactor& reactor, Names& names, chip::Entropy& entropy, SntpHandler& handler)
    : reactor_(reactor), names_(names), entropy_(entropy), handler_(handler) {}

SntpClient::~SntpClient() {
    close();
    reactor_.remove(*this);
}

Status SntpClient::use(std::string_view server, UnixTime pivot) {
    pivot_ = pivot;
    if (server == server_.view()) return {};
    close();
    next_.reset();
    outcome_.reset();
    backoff_.reset();
    slower_ = poll_period;
    server_.clear();
    ESB_TRY(server_.assign(server));
    if (server_.empty()) {
        reactor_.remove(*this);
        return {};
    }
    ESB_TRY(reactor_.add(*this));
    if (network_) next_ = reactor_.now();
    return {};
}

void SntpClient::set_network(bool up) {
    if (up == network_) return;
    network_ = up;
    if (!up) {
        close();
        next_.reset();
    } else if (active()) {
        // A pause that a server asked for outlives the loss of the network.
        next_ = slower_ > poll_period ? reactor_.now() + slower_ : reactor_.now();
    }
}

void SntpClient::step(Instant now) {
    if (until_ && now >= *until_) return end(fail(silence_));
    if (next_ && now >= *next_ && !asking_) ask();
}

std::optional<Instant> SntpClient::deadline() const { return earliest(next_, until_); }

void SntpClient::ask() {
    next_.reset();
    asking_ = true;
    until_ = reactor_.now() + look_up_patience;
    silence_ = Error(errors::dns_failed);
    if (const auto asked = names_.ask(server_, *this); !asked) end(asked);
}

void SntpClient::on_address(Result<chip::IpAddress> address) {
    const auto sent = address ? send(*address) : Status(fail(address.error()));
    if (!sent) end(sent);
}

// A socket of its own for each question: the port is one more thing a forger would have to guess.
Status SntpClient::send(const chip::IpAddress& address) {
    ESB_TRY(entropy_.fill(nonce_));
    const auto socket = reactor_.sockets().bind_udp({{address.family, {}}, 0});  // of any interface
    if (!socket) return fail(socket.error());
    socket_ = *socket;
    ESB_TRY(reactor_.watch(socket_, *this, true, false));
    asked_ = {address, sntp_port};
    sent_at_ = reactor_.now();
    until_ = sent_at_ + patience;
    silence_ = Error(errors::timed_out);
    return reactor_.sockets().send_to(socket_, asked_, sntp_request(nonce_));
}

void SntpClient::on_ready(bool, bool) {
    const auto received = receive();
    if (!received && received.error() == errors::would_block) return;
    // Nothing in it shows that it comes from who was asked: somebody guesses, and the real one may follow.
    if (!received && (received.error() == errors::sntp_foreign || received.error() == errors::sntp_malformed)) {
        silence_ = received.error();
        return;
    }
    end(received);
}

Status SntpClient::receive() {
    std::array<std::uint8_t, 128> buffer;
    const auto got = reactor_.sockets().receive_from(socket_, buffer);
    if (!got) return fail(got.error());
    if (got->from != asked_) return fail(errors::sntp_foreign);
    const auto size = std::min(got->size, buffer.size());
    const auto told = parse_sntp_reply(ConstBytes(buffer).first(size), nonce_, pivot_);
    if (!told) return fail(told.error());
    const auto round_trip = reactor_.now() - sent_at_;
    return handler_.on_time(std::chrono::round<UnixTime>(*told + round_trip / 2));
}

void SntpClient::end(const Status& outcome) {
    close();
    outcome_ = outcome;
    if (outcome) {
        backoff_.reset();
        slower_ = std::max(poll_period, slower_ / 2);
        const std::uint64_t random = chip::spreading_number(entropy_);
        const auto spread = Duration((random * static_cast<std::uint64_t>((slower_ / 10).count())) >> 32);
        next_ = reactor_.now() + slower_ + spread;
        return;
    }
    next_ = reactor_.now() + pause_after(outcome.error());
    handler_.on_no_time(outcome.error());
}

Duration SntpClient::pause_after(const Error& why) {
    if (why == errors::sntp_denied) return slower_ = longest_pause;
    if (why == errors::sntp_too_often) return slower_ = std::min(slower_ * 2, longest_pause);
    return backoff_.next(chip::spreading_number(entropy_));
}

void SntpClient::close() {
    if (asking_) names_.cancel(*this);
    if (socket_ != chip::SocketId::none) reactor_.unwatch(socket_);
    reactor_.sockets().close(socket_);
    socket_ = chip::SocketId::none;
    until_.reset();
    asking_ = false;
}

}  // namespace esb::net
