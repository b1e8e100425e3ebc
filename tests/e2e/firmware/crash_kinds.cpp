// A firmware that crashes in the way it is told to: `crash KIND`. What tells where it was is tested with it.
#include <esb/device/policy.hpp>
#include <esb/esb.hpp>

#include <cassert>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#if defined(ESP_PLATFORM)
#include <esp_freertos_hooks.h>
#include <freertos/FreeRTOS.h>
#include <freertos/task.h>
#endif

ESB_APP("basic", ESB_APP_VERSION, ESB_APP_SEQ, ESB_UPDATE_KEYS);

namespace {

volatile int zero = 0;
volatile int result = 0;
int* volatile nowhere = nullptr;
volatile std::size_t depth = 0;

[[gnu::noinline]] void read_nowhere() { result = *nowhere; }
[[gnu::noinline]] void write_nowhere() { *nowhere = 1; }
[[gnu::noinline]] void give_up() { std::abort(); }
[[gnu::noinline]] void run_into_a_trap() { __builtin_trap(); }
[[gnu::noinline]] void divide_by_zero() { result = 100 / zero; }
[[gnu::noinline]] std::size_t use_up_the_stack(std::size_t n) {
    volatile char room[512];
    room[n % sizeof room] = static_cast<char>(n);
    depth = n;
#if defined(ESP_PLATFORM)
    taskYIELD();  // where FreeRTOS looks at the end of the stack, before all memory is overwritten
#endif
    return n == ~std::size_t{0} ? 0 : use_up_the_stack(n + 1) + static_cast<std::size_t>(room[0]);
}
[[gnu::noinline]] void overflow_the_stack() { depth = use_up_the_stack(0); }
[[gnu::noinline]] void free_twice() {
    void* volatile memory = std::malloc(40);
    std::free(memory);
    std::free(memory);
}
[[gnu::noinline]] void spoil_the_heap() {
    constexpr std::size_t header = 16;  // the allocator's, before what it gives
    auto* const memory = static_cast<char*>(std::malloc(40));
    volatile char* const before = memory - header;
    for (std::size_t i = 0; i < header; ++i) before[i] = 0x5A;
    std::free(memory);
}
[[gnu::noinline]] void call_nothing() {
    void (*volatile nobody)() = nullptr;
    nobody();
}
[[gnu::noinline]] void hang() {
    while (zero == 0) {
    }
}

#if defined(ESP_PLATFORM)
[[gnu::noinline]] void assert_what_is_wrong() { assert(zero != 0); }
[[gnu::noinline]] void read_in_an_interrupt() { result = *nowhere; }
[[gnu::noinline]] void crash_in_an_interrupt() {
    esp_register_freertos_tick_hook(read_in_an_interrupt);
    vTaskDelay(2);
}
[[gnu::noinline]] void read_unaligned() {
    alignas(4) static volatile std::uint8_t bytes[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    const volatile std::uint8_t* volatile odd = bytes + 1;
    result = *reinterpret_cast<const volatile int*>(odd);
}
#endif

struct Kind {
    std::string_view name;
    void (*crash)();
};
constexpr Kind kinds[] = {{"read", read_nowhere}, {"write", write_nowhere},       {"abort", give_up},
                          {"trap", run_into_a_trap}, {"divide", divide_by_zero},  {"stack", overflow_the_stack},
                          {"double-free", free_twice}, {"heap", spoil_the_heap}, {"call", call_nothing},
                          {"hang", hang},
#if defined(ESP_PLATFORM)
                          {"assert", assert_what_is_wrong}, {"interrupt", crash_in_an_interrupt}, {"unaligned", read_unaligned},
#endif
};

}  // namespace

void esb_main(esb::Device& device) {
    device.policy().watchdog = std::chrono::seconds(3);
    device.add_command({"crash", "<kind>", "crash like that", [](esb::console::Arguments args, esb::console::Report& report) {
                            for (const auto& kind : kinds) {
                                if (kind.name == args[0]) kind.crash();
                            }
                            report.say("it goes on");
                            return esb::Status();
                        }});
}
