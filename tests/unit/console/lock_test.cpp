#include "esb/console/lock.hpp"

#include "esb/crypto/password.hpp"
#include "host/vchip/sim_parts.hpp"
#include "support/memory_key_value.hpp"
#include "support/memory_uart.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace esb::console {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view password = "open sesame";

class LockTest : public ::testing::Test {
protected:
    LockTest() {
        vchip::SimEntropy entropy(1);
        hash = *crypto::hash_password(password, entropy, 2);
        restart();
    }
    void restart() {
        now = Instant{};  // a chip's time begins anew with each start
        console.emplace(uart);
        lock.emplace(key_value, *console);
        lock->begin(hash.reveal(), now);
    }
    Status guess(std::string_view with) { return lock->unlock(hash.reveal(), with, now); }
    void wrong(int times) {
        for (int i = 0; i < times; ++i) {
            now += lock->wait(now);
            ASSERT_EQ(guess("wrong password").error(), errors::password_wrong);
        }
    }

    Instant now{};
    test::MemoryUart uart;
    test::MemoryKeyValue key_value;
    crypto::PasswordHash hash;
    std::optional<Console> console;
    std::optional<Lock> lock;
};

TEST_F(LockTest, is_locked_after_each_start_and_opens_with_the_password) {
    EXPECT_TRUE(console->locked());
    EXPECT_TRUE(guess(password));
    EXPECT_FALSE(console->locked());
    EXPECT_TRUE(guess("anything"));  // open already
    restart();
    EXPECT_TRUE(console->locked());
}

TEST_F(LockTest, without_a_password_nothing_is_locked) {
    hash.clear();
    restart();
    EXPECT_FALSE(console->locked());
    EXPECT_EQ(lock->lock(hash.reveal()).error(), errors::console_no_password);
    lock->step(hash.reveal(), now + 24h);
    EXPECT_FALSE(console->locked());
    EXPECT_FALSE(lock->deadline(hash.reveal()));
}

TEST_F(LockTest, guesses_become_slow_and_the_wait_has_a_bound) {
    EXPECT_EQ(wait_after(0), 0s);
    EXPECT_EQ(wait_after(2), 0s);
    EXPECT_EQ(wait_after(3), 1s);
    EXPECT_EQ(wait_after(4), 2s);
    EXPECT_EQ(wait_after(11), 256s);
    EXPECT_EQ(wait_after(12), 5min);
    EXPECT_EQ(wait_after(255), 5min);

    wrong(3);
    EXPECT_EQ(lock->wait(now), 1s);
    EXPECT_EQ(guess(password).error(), errors::console_wait);
    now += 999ms;
    EXPECT_EQ(guess(password).error(), errors::console_wait);
    now += 1ms;
    EXPECT_TRUE(guess(password));
    EXPECT_EQ(lock->wait(now + 1s), 0s);
}

TEST_F(LockTest, a_restart_wins_nothing) {
    wrong(8);
    restart();
    EXPECT_EQ(lock->wait(now), wait_after(8));
    EXPECT_EQ(guess(password).error(), errors::console_wait);
    restart();  // and again
    EXPECT_EQ(lock->wait(now), wait_after(8));
    now += wait_after(8);
    EXPECT_TRUE(guess(password));
    restart();
    EXPECT_EQ(lock->wait(now), 0s);
}

TEST_F(LockTest, the_count_is_stored_before_the_guess_is_judged) {
    for (const unsigned call : {1U, 10U, 11U, 13U}) {  // a read, the two mirrors, their mark
        for (const auto how : {test::MemoryKeyValue::Failure::before, test::MemoryKeyValue::Failure::after}) {
            key_value.values.clear();
            restart();
            key_value.fail_at(call, errors::flash_failed, how);
            EXPECT_FALSE(guess(password)) << call;
            EXPECT_TRUE(console->locked());
        }
    }
}

TEST_F(LockTest, many_guesses_do_not_wear_the_flash_for_ever) {
    wrong(255);
    const auto writes = key_value.writes();
    wrong(100);
    EXPECT_EQ(key_value.writes(), writes);
    restart();
    EXPECT_EQ(lock->wait(now), Lock::longest_wait);
}

TEST_F(LockTest, a_count_that_cannot_be_read_counts_as_many) {
    key_value.values["lock.guesses"] = {1, 2, 3};
    restart();
    EXPECT_EQ(lock->wait(now), Lock::longest_wait);
    key_value.values.clear();
    key_value.fail_at(1);
    restart();
    EXPECT_EQ(lock->wait(now), Lock::longest_wait);
}

TEST_F(LockTest, locks_itself_when_nobody_types) {
    ASSERT_TRUE(guess(password));
    now += 5min;
    uart.type("x");
    console->poll(now);
    EXPECT_EQ(lock->deadline(hash.reveal()), now + Lock::idle_limit);
    lock->step(hash.reveal(), now + Lock::idle_limit - 1ms);
    EXPECT_FALSE(console->locked());
    lock->step(hash.reveal(), now + Lock::idle_limit);
    EXPECT_TRUE(console->locked());
    hash.clear();  // the settings were wiped
    lock->step(hash.reveal(), now);
    EXPECT_FALSE(console->locked());
}

TEST_F(LockTest, a_damaged_hash_opens_nothing) {
    const std::array<std::uint8_t, 5> bad{1, 2, 3, 4, 5};
    EXPECT_EQ(lock->unlock(bad, password, now).error(), errors::password_corrupt);
    EXPECT_TRUE(console->locked());
}

}  // namespace
}  // namespace esb::console
