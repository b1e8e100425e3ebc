// Up to eight clients do anything to the web server of the portal: it keeps to its connections, and the next honest
// client is answered within two seconds. Input: steps of client (3 bits) and action (2 bits) in a byte, a length or
// time (1), for "send" so many bytes.
#include "tests/support/web_rig.hpp"

#include <cstdlib>

using namespace esb;

namespace {

constexpr int steps_max = 64;

void check(bool holds) {
    if (!holds) std::abort();
}

// Texts worth sending as a whole.
const std::array<std::string, 4>& phrases() {
    static const std::array<std::string, 4> made = {"GET / HTTP/1.1\r\nHost: 4.3.2.1\r\n", test::get_request("/big"),
                                                    test::json_post("{", 60), test::image_post("i", 900)};
    return made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    test::WebRig rig;
    for (int i = 0; i < 8; ++i) rig.phone();
    ByteReader input({data, size});
    for (int step = 0; step < steps_max && input.remaining() >= 2; ++step) {
        const auto what = *input.u8();
        const auto amount = *input.u8();
        auto& phone = *rig.phones[what & 7U];
        const auto action = (what >> 3) & 3U;
        if (action == 0) {
            phone.reads = (amount & 1U) == 0;
            phone.ask("");
        } else if (action == 1) {
            const auto bytes = input.take(std::min<std::size_t>(amount, input.remaining()));
            phone.to_send += as_text(*bytes);
        } else if (action == 2) {
            if ((amount & 4U) != 0) phone.hang_up();
            phone.to_send += phrases()[amount & 3U];
        } else {
            rig.run_for(Duration(amount * 10));
        }
        check(rig.most_sockets <= 1 + net::HttpServer::max_connections);
    }
    rig.run_for(Duration(2));
    const auto& honest = rig.ask(test::get_request("/"), Duration(2000));
    check(honest.body() == "hello");
    const auto& sender = rig.ask(test::json_post("{\"honest\":1}"), Duration(2000));
    check(sender.body() == "hello" && rig.site.bodies.back() == "{\"honest\":1}");
    check(rig.most_sockets <= 1 + net::HttpServer::max_connections);
    rig.server.stop();
    check(rig.site.uploads >= rig.site.ended + rig.site.lost);
    check(rig.sockets.open_sockets() == 0);
    return 0;
}
