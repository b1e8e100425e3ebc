// Any packet to the captive name server: answers are small, well formed and carry the question's number; only A
// queries get an address, and it is ours.
#include "esb/net/captive_dns.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

using namespace esb;

namespace {

void check(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ConstBytes query(data, size);
    std::array<std::uint8_t, net::dns_answer_max> out;
    const auto made = net::answer_dns(query, chip::IpAddress::v4(4, 3, 2, 1), out);
    if (!made) {
        check(made.error() == errors::dns_bad_query);
        check(size < 12 || (data[2] & 0x80) != 0);
        return 0;
    }
    const auto answer = *made;
    check(answer.size() >= 12 && answer.size() <= size + 16);
    check(answer[0] == data[0] && answer[1] == data[1] && (answer[2] & 0x80) != 0 && (answer[2] & 0x02) == 0);
    ByteReader head(answer.subspan(4));
    const auto questions = *head.be16(), answers = *head.be16(), authorities = *head.be16(), more = *head.be16();
    check(questions <= 1 && answers <= questions && authorities == 0 && more <= questions);
    const auto rcode = answer[3] & 0x0F;
    check((rcode == 0) == (questions == 1));
    if (questions == 0) {
        check(answer.size() == 12 && (rcode == 1 || rcode == 4));
        return 0;
    }
    const std::size_t tail = answers * std::size_t{16} + more * std::size_t{11};
    const std::size_t asked = answer.size() - 12 - tail;
    check(asked >= 5 && asked <= 259 && equal(answer.subspan(12, asked), query.subspan(12, asked)));
    const auto type_and_class = answer.subspan(12 + asked - 4, 4);
    constexpr std::array<std::uint8_t, 4> a_in = {0, 1, 0, 1};
    if (answers == 1) {
        check(equal(type_and_class, a_in));
        constexpr std::array<std::uint8_t, 4> ours = {4, 3, 2, 1};
        check(equal(answer.subspan(12 + asked + 12, 4), ours));
    }
    return 0;
}
