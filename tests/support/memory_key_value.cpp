#include "tests/support/memory_key_value.hpp"

namespace esb::test {

void MemoryKeyValue::fail_at(unsigned call, const ErrorKind& error, Failure how) {
    countdown_ = call;
    error_ = &error;
    how_ = how;
}

void MemoryKeyValue::power_on() {
    off_ = false;
    countdown_ = 0;
}

Result<ConstBytes> MemoryKeyValue::get(std::string_view key, MutBytes out) {
    if (const auto failure = next_failure()) return fail(failure->error);
    const auto found = values.find(key);
    if (found == values.end()) return fail(errors::kv_not_found);
    if (found->second.size() > out.size()) {
        return fail(errors::kv_too_small, static_cast<std::int32_t>(found->second.size()));
    }
    copy(found->second, out);
    return ConstBytes(out.first(found->second.size()));
}

Status MemoryKeyValue::put(std::string_view key, ConstBytes value) {
    const auto failure = next_failure();
    if (failure && !failure->done) return fail(failure->error);
    auto& slot = values[std::string(key)];
    if (!equal(slot, value)) ++writes_;
    slot.assign(value.begin(), value.end());
    if (failure) return fail(failure->error);
    return {};
}

Status MemoryKeyValue::remove(std::string_view key) {
    const auto failure = next_failure();
    if (failure && !failure->done) return fail(failure->error);
    if (const auto found = values.find(key); found != values.end()) {
        values.erase(found);
        ++writes_;
    }
    if (failure) return fail(failure->error);
    return {};
}

std::optional<MemoryKeyValue::Next> MemoryKeyValue::next_failure() {
    ++calls_;
    if (off_) return Next{Error(errors::power_lost), false};
    if (countdown_ == 0 || --countdown_ != 0) return std::nullopt;
    return Next{Error(*error_), how_ == Failure::after};
}

}  // namespace esb::test
