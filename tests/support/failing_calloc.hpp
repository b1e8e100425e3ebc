// Lets a test refuse heap memory to C libraries (Mbed TLS, cJSON). Include it in exactly one file of a test program: it
// defines the program's calloc().
#pragma once

#include <cstddef>

extern "C" {
void* __libc_calloc(std::size_t count, std::size_t size);                               // glibc's own
void* __interceptor_calloc(std::size_t count, std::size_t size) __attribute__((weak));  // a sanitizer's
}

namespace esb::test {

// Refuses the n-th call of calloc() from now on (1 = the next), and with `lasting` all that follow, until it dies.
class FailingCalloc {
public:
    explicit FailingCalloc(std::size_t nth, bool lasting = false) {
        calls_ = 0;
        refuse_at_ = nth;
        lasting_ = lasting;
    }
    ~FailingCalloc() { refuse_at_ = 0; }
    FailingCalloc(const FailingCalloc&) = delete;
    FailingCalloc& operator=(const FailingCalloc&) = delete;

    // Whether the call to be refused has come.
    static bool refused() { return refuse_at_ != 0 && calls_ >= refuse_at_; }
    // Calls made while paused neither count nor fail: those of the other side of a test.
    static void pause(bool paused) { paused_ = paused; }

    static bool should_fail() {
        if (refuse_at_ == 0 || paused_) return false;
        ++calls_;
        return calls_ == refuse_at_ || (lasting_ && calls_ > refuse_at_);
    }

private:
    static inline std::size_t calls_ = 0;
    static inline std::size_t refuse_at_ = 0;
    static inline bool lasting_ = false;
    static inline bool paused_ = false;
};

}  // namespace esb::test

extern "C" void* calloc(std::size_t count, std::size_t size) noexcept {
    if (esb::test::FailingCalloc::should_fail()) return nullptr;
    return __interceptor_calloc != nullptr ? __interceptor_calloc(count, size) : __libc_calloc(count, size);
}
