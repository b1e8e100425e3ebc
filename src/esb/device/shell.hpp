// The device's side of the console: its lock, and the variables and words that the console itself does not know.
#pragma once

#include "esb/base/task.hpp"
#include "esb/console/console.hpp"
#include "esb/console/lock.hpp"
#include "esb/console/variables.hpp"
#include "esb/device/browser_set_up.hpp"
#include "esb/net/reactor.hpp"
#include "esb/settings/store.hpp"

#include <optional>
#include <string_view>

namespace esb {

class Shell final : public Task, private console::Vocabulary {
public:
    struct Parts {
        chip::KeyValue& key_value;
        net::Reactor& reactor;
        console::Console& console;
        const settings::Store& store;
        const settings::Schema& schema;
        BrowserSetUp& improv;
    };
    explicit Shell(const Parts& parts);

    // Once the settings are loaded.
    void start(Instant now);
    void step(Instant now) override;
    std::optional<Instant> deadline() const override;

    console::Lock& lock() { return lock_; }
    console::Variables& variables() { return variables_; }
    const console::Variables& variables() const { return variables_; }
    // The hash in use; empty when there is no password. One that no password has when nobody can say what it was.
    ConstBytes password_hash() const;

private:
    std::string_view word(std::string_view kind, std::size_t index) const override;
    bool is_public(std::string_view kind, std::string_view word) const override;

    Parts parts_;
    console::Lock lock_;
    console::Variables variables_;
};

}  // namespace esb
