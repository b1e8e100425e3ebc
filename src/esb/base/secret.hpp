// A value that must not leak: it cannot be printed or compared in variable time, and is wiped when it goes.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/result.hpp"

#include <array>
#include <cstddef>

namespace esb {

// Overwrites memory in a way the optimizer may not drop.
void wipe(MutBytes bytes);

// Up to N secret bytes. The only way to the bytes is `reveal()`, so that every use can be found by name.
template <std::size_t N>
class Secret {
public:
    Secret() = default;
    Secret(const Secret& other) { static_cast<void>(assign(other.reveal())); }  // a copy is wiped as well
    Secret& operator=(const Secret& other) {                                    // what was there is wiped
        if (this != &other) static_cast<void>(assign(other.reveal()));
        return *this;
    }
    ~Secret() { clear(); }

    // Replaces and wipes the old value; unchanged on `too_long`.
    Status assign(ConstBytes value) {
        if (value.size() > N) return fail(errors::too_long);
        copy(value, bytes_);  // it may be a part of the old one
        wipe(MutBytes(bytes_).subspan(value.size()));
        size_ = value.size();
        return {};
    }
    void clear() {
        wipe(bytes_);
        size_ = 0;
    }

    ConstBytes reveal() const { return {bytes_.data(), size_}; }  // for those that need it: do not keep, do not print
    std::size_t size() const { return size_; }                    // in bytes
    bool empty() const { return size_ == 0; }                     // no byte
    static constexpr std::size_t capacity() { return N; }         // bytes at most

    friend bool operator==(const Secret& a, const Secret& b) { return equal_constant_time(a.reveal(), b.reveal()); }

private:
    std::array<std::uint8_t, N> bytes_{};
    std::size_t size_ = 0;
};

template <typename Stream, std::size_t N>
Stream& operator<<(Stream&, const Secret<N>&) = delete;

}  // namespace esb
