// What each program of this folder is asked to do, and what all of them publish.
#pragma once

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

#include <valgrind/callgrind.h>

namespace bench {

inline constexpr std::string_view topic = "esb/0a1b2c3d4e5f/app/bench";
inline constexpr std::size_t payload_size = 256;

inline constexpr std::array<std::uint8_t, payload_size> payload{};

enum class What { send, receive, cut };

// PROGRAM send|receive|cut QOS WINDOW MESSAGES [PORT FILE]
//   cut: WINDOW publishes of QoS 1 are in flight when the broker ends the connection, MESSAGES times.
//   FILE: shared by broker and client, see Shared.
struct Plan {
    What what = What::send;
    unsigned qos = 0;
    unsigned window = 1;
    unsigned messages = 0;
    std::uint16_t port = 0;
    const char* file = nullptr;

    Plan(int count, char** words) {
        if (count < 5) {
            std::fprintf(stderr, "usage: %s send|receive|cut QOS WINDOW MESSAGES [PORT FILE]\n", words[0]);
            std::exit(2);
        }
        what = std::strcmp(words[1], "send") == 0      ? What::send
               : std::strcmp(words[1], "receive") == 0 ? What::receive
                                                       : What::cut;
        qos = static_cast<unsigned>(std::atoi(words[2]));
        window = static_cast<unsigned>(std::atoi(words[3]));
        messages = static_cast<unsigned>(std::atoi(words[4]));
        if (count > 5) port = static_cast<std::uint16_t>(std::atoi(words[5]));
        if (count > 6) file = words[6];
    }
    // PROGRAM state: prints the bytes of a connection instead (the programs on memory).
    static bool asks_for_state(int count, char** words) { return count == 2 && std::strcmp(words[1], "state") == 0; }
    static int print_state(std::size_t bytes) { return std::printf("%zu\n", bytes) > 0 ? 0 : 1; }
    bool sends() const { return what == What::send; }
};

// Ends the program: what was measured means nothing.
[[noreturn]] inline void give_up(const char* why) {
    std::fprintf(stderr, "bench: %s\n", why);
    std::exit(1);
}

// Callgrind counts what is between on and off, when it runs the program with --collect-atstart=no.
class Counted {
public:
    Counted() { CALLGRIND_TOGGLE_COLLECT; }
    ~Counted() { CALLGRIND_TOGGLE_COLLECT; }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;
};
// The other way round: the broker's side, within what is counted.
using NotCounted = Counted;

}  // namespace bench
