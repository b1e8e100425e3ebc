// chip::KeyValue in memory: what a device would have in its flash.
#pragma once

#include "esb/chip/key_value.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace esb::cli {

class DeviceValues final : public chip::KeyValue {
public:
    Result<chip::Mount> mount() override { return chip::Mount::formatted; }
    Result<ConstBytes> get(std::string_view key, MutBytes out) override {
        const auto found = values_.find(std::string(key));
        if (found == values_.end()) return fail(errors::kv_not_found);
        const auto size = found->second.size();
        if (size > out.size()) return fail(errors::kv_too_small, static_cast<std::int32_t>(size));
        copy(found->second, out);
        return out.first(size);
    }
    Status put(std::string_view key, ConstBytes value) override {
        if (key.empty() || key.size() > chip::kv_key_max) return fail(errors::kv_bad_key);
        if (value.size() > chip::kv_value_max) return fail(errors::too_long);
        values_[std::string(key)] = {value.begin(), value.end()};
        return {};
    }
    Status remove(std::string_view key) override {
        values_.erase(std::string(key));
        return {};
    }

    const std::map<std::string, std::vector<std::uint8_t>>& values() const { return values_; }

private:
    std::map<std::string, std::vector<std::uint8_t>> values_;
};

}  // namespace esb::cli
