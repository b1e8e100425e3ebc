// A key/value store in memory that can be told to fail.
#pragma once

#include "esb/chip/key_value.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace esb::test {

class MemoryKeyValue final : public chip::KeyValue {
public:
    enum class Failure {
        before,  // nothing was done
        after,   // it was done all the same
    };

    // The n-th call from now (1 is the next), get() included, fails with `error`.
    void fail_at(unsigned call, const ErrorKind& error = errors::flash_failed, Failure how = Failure::before);
    // Every call fails from now on, until the next power_on().
    void power_off() { off_ = true; }
    void power_on();
    // put() and remove() that touched the flash.
    unsigned writes() const { return writes_; }
    // Calls of any kind.
    unsigned calls() const { return calls_; }
    // The stored values themselves.
    std::map<std::string, std::vector<std::uint8_t>, std::less<>> values;

    Result<chip::Mount> mount() override { return chip::Mount::existing; }

    Result<ConstBytes> get(std::string_view key, MutBytes out) override;
    Status put(std::string_view key, ConstBytes value) override;
    Status remove(std::string_view key) override;

private:
    struct Next {
        Error error;
        bool done;
    };
    std::optional<Next> next_failure();

    unsigned countdown_ = 0;
    unsigned writes_ = 0;
    unsigned calls_ = 0;
    const ErrorKind* error_ = nullptr;
    Failure how_ = Failure::before;
    bool off_ = false;
};

}  // namespace esb::test
