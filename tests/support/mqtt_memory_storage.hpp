// A storage of the MQTT engine in memory: what lies in it can be seen and spoilt, calls can fail, and the power can go at a write.
#pragma once

#include "esb/mqtt/storage.hpp"

#include <cstdint>
#include <map>
#include <vector>

namespace esb::test {

class MqttMemoryStorage final : public mqtt::Storage {
public:
    enum class Cut : std::uint8_t { before, after };

    // The n-th write or erasure from now (1 is the next) is the last: it is done, or not, and fails like all calls after it.
    void cut_at(unsigned write, Cut how) {
        countdown_ = write;
        how_ = how;
    }
    bool off() const { return off_; }
    void power_on() {
        off_ = false;
        countdown_ = 0;
    }
    // The next write fails, and the storage lives on.
    void fail_next() { fails_ = true; }

    std::map<std::size_t, std::vector<std::uint8_t>> records;
    unsigned writes = 0;  // erasures among them

    Result<ConstBytes> read(std::size_t slot) override {
        const auto found = records.find(slot);
        if (off_) return fail(errors::closed);
        if (found == records.end()) return fail(errors::not_found);
        return ConstBytes(found->second);
    }
    Status write(std::size_t slot, ConstBytes head, ConstBytes body) override {
        return change([&] {
            auto& record = records[slot];
            record.assign(head.begin(), head.end());
            record.insert(record.end(), body.begin(), body.end());
        });
    }
    Status erase(std::size_t slot) override {
        return change([&] { records.erase(slot); });
    }

private:
    template <typename Do>
    Status change(Do what) {
        if (off_) return fail(errors::closed);
        if (fails_) {
            fails_ = false;
            return fail(errors::no_memory);
        }
        ++writes;
        off_ = countdown_ != 0 && --countdown_ == 0;
        if (!off_ || how_ == Cut::after) what();
        return off_ ? Status(fail(errors::closed)) : Status();
    }

    unsigned countdown_ = 0;
    Cut how_ = Cut::before;
    bool off_ = false;
    bool fails_ = false;
};

}  // namespace esb::test
