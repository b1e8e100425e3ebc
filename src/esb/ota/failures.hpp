// Which messages have failed and how often, in all starts, so that no start begins all over again.
#pragma once

#include "esb/ota/records.hpp"

#include <cstddef>
#include <optional>

namespace esb::ota {

// What cannot be stored counts in this start all the same.
class Failures {
public:
    explicit Failures(Records& records) : records_(records) {}

    // At boot. Lost, they cost no more than the tries made so far.
    void load() {
        if (const auto stored = records_.failures.load()) list_ = *stored;
    }
    const FailureList& list() const { return list_; }

    // This address of it has delivered a wrong file.
    void strike(const crypto::Digest& job, std::size_t address);
    // The whole; nothing for an image that no message installed.
    void note(const std::optional<crypto::Digest>& job);
    // It has succeeded.
    void forget(const crypto::Digest& job);
    // All: the store's errors.
    Status clear();

private:
    void save() const { static_cast<void>(records_.failures.save(list_)); }

    Records& records_;
    FailureList list_;
};

}  // namespace esb::ota
