// A name server for whoever has joined our access point: every name is the access point (RFC 1035, EDNS of RFC 6891).
#pragma once

#include "esb/net/errors.hpp"
#include "esb/net/reactor.hpp"

#include <array>
#include <cstdint>

namespace esb::net {

inline constexpr std::size_t dns_query_max = 512;   // bytes; what a longer one holds more is cut off
inline constexpr std::size_t dns_answer_max = 298;  // bytes: head, question, one address, EDNS

// Answers one packet. A queries get `address` with a time to live of 0, all other types an empty success. At most 16
// bytes longer than the query. What is not understood gets an error without its question (FORMERR, NOTIMP, BADVERS);
// what is too short or an answer itself gets `dns_bad_query`, and must not be answered. `too_long` if `out` is smaller
// than dns_answer_max. `address` is IPv4.
Result<ConstBytes> answer_dns(ConstBytes query, const chip::IpAddress& address, MutBytes out);

// Answers on UDP, a few packets a turn. Destroyed before the reactor.
class CaptiveDns : private SocketOwner {
public:
    explicit CaptiveDns(Reactor& reactor) : reactor_(reactor) {}
    ~CaptiveDns() override { stop(); }
    CaptiveDns(const CaptiveDns&) = delete;
    CaptiveDns& operator=(const CaptiveDns&) = delete;

    // Answers at `at` (usually port 53) with its address. `busy` while started; socket errors; `full` when the reactor
    // has no room.
    Status start(const chip::Endpoint& at);
    void stop();
    bool started() const { return socket_ != chip::SocketId::none; }

private:
    void on_ready(bool readable, bool writable) override;

    Reactor& reactor_;
    chip::SocketId socket_ = chip::SocketId::none;
    chip::IpAddress address_;
    std::array<std::uint8_t, dns_query_max> query_;
    std::array<std::uint8_t, dns_answer_max> answer_;
};

}  // namespace esb::net
