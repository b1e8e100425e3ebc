// Name look-ups by lwIP's DNS client.
#pragma once

#include "esb/chip/clock.hpp"
#include "esb/chip/esp32/mutex.hpp"
#include "esb/chip/resolver.hpp"
#include "esb/chip/sockets.hpp"

#include <array>

#include <esp_timer.h>
#include <lwip/ip_addr.h>

namespace esb::chip::esp32 {

// lwIP cannot take a question back: its answer to one that was canceled or given up on may come at any time. So lwIP
// is told the query's number, never an address in memory, and an answer with an unknown number is dropped.
// IPv4 first, then IPv6 if lwIP has it. At most one object; it needs Sockets::start() before.
class Resolver final : public chip::Resolver {
public:
    static constexpr std::size_t max_queries = 4;  // lwIP's own table has four entries
    static constexpr Duration longest = std::chrono::seconds(30);

    Resolver(const chip::Clock& clock, Wake& wake);
    ~Resolver() override;
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;

    Result<Query> resolve(std::string_view host) override;
    std::optional<Answer> next_answer() override;
    void cancel(Query query) override;

private:
    struct Slot {
        Query query = 0;  // 0: free
        bool answered = false;
        Instant since{};
        Result<IpAddress> address = fail(errors::dns_failed);
    };

    static void on_found(const char* name, const ip_addr_t* address, void* query);
    Slot* find(Query query);
    void answer(Query query, const ip_addr_t* address);
    void give_up_on_old();
    Status set_alarm();

    const chip::Clock& clock_;
    Wake& wake_;
    Mutex mutex_;
    std::array<Slot, max_queries> slots_{};
    Query last_ = 0;
    esp_timer_handle_t alarm_ = nullptr;  // wakes the reactor when the oldest question becomes too old
};

}  // namespace esb::chip::esp32
