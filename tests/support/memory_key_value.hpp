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
    void fail_at(unsigned call, const ErrorKind& error = errors::flash_failed, Failure how = Failure::before) {
        countdown_ = call;
        error_ = &error;
        how_ = how;
    }
    // Every call fails from now on, until the next power_on().
    void power_off() { off_ = true; }
    void power_on() {
        off_ = false;
        countdown_ = 0;
    }
    // put() and remove() that touched the flash.
    unsigned writes() const { return writes_; }
    // Calls of any kind.
    unsigned calls() const { return calls_; }
    // The stored values themselves.
    std::map<std::string, std::vector<std::uint8_t>, std::less<>> values;

    Result<chip::Mount> mount() override { return chip::Mount::existing; }

    Result<ConstBytes> get(std::string_view key, MutBytes out) override {
        if (const auto failure = next_failure()) return fail(failure->error);
        const auto found = values.find(key);
        if (found == values.end()) return fail(errors::kv_not_found);
        if (found->second.size() > out.size()) {
            return fail(errors::kv_too_small, static_cast<std::int32_t>(found->second.size()));
        }
        copy(found->second, out);
        return ConstBytes(out.first(found->second.size()));
    }
    Status put(std::string_view key, ConstBytes value) override {
        const auto failure = next_failure();
        if (failure && !failure->done) return fail(failure->error);
        auto& slot = values[std::string(key)];
        if (!equal(slot, value)) ++writes_;
        slot.assign(value.begin(), value.end());
        if (failure) return fail(failure->error);
        return {};
    }
    Status remove(std::string_view key) override {
        const auto failure = next_failure();
        if (failure && !failure->done) return fail(failure->error);
        if (const auto found = values.find(key); found != values.end()) {
            values.erase(found);
            ++writes_;
        }
        if (failure) return fail(failure->error);
        return {};
    }

private:
    struct Next {
        Error error;
        bool done;
    };
    std::optional<Next> next_failure() {
        ++calls_;
        if (off_) return Next{Error(errors::power_lost), false};
        if (countdown_ == 0 || --countdown_ != 0) return std::nullopt;
        return Next{Error(*error_), how_ == Failure::after};
    }

    unsigned countdown_ = 0;
    unsigned writes_ = 0;
    unsigned calls_ = 0;
    const ErrorKind* error_ = nullptr;
    Failure how_ = Failure::before;
    bool off_ = false;
};

}  // namespace esb::test
