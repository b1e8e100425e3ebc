#include "esb/life/last_network.hpp"

#include "support/memory_key_value.hpp"

#include <gtest/gtest.h>

namespace esb::life {
namespace {

chip::Ssid ssid(std::string_view text) {
    chip::Ssid made;
    EXPECT_TRUE(made.assign(text));
    return made;
}

TEST(LastNetwork, is_none_at_first) {
    test::MemoryKeyValue store;
    LastNetwork last(store);
    last.load();
    EXPECT_TRUE(last.ssid().empty());
}

TEST(LastNetwork, is_known_after_a_restart) {
    test::MemoryKeyValue store;
    LastNetwork before(store);
    before.note(ssid("garden"));
    before.note(ssid("house"));
    LastNetwork after(store);
    after.load();
    EXPECT_EQ(after.ssid(), "house");
}

TEST(LastNetwork, that_cannot_be_stored_changes_nothing) {
    test::MemoryKeyValue store;
    LastNetwork last(store);
    last.note(ssid("garden"));
    store.fail_at(1);
    last.note(ssid("house"));
    EXPECT_EQ(last.ssid(), "garden");
}

}  // namespace
}  // namespace esb::life
