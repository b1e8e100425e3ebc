#include "esb/net/reactor.hpp"
#include "support/net_rig.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <vector>

namespace {

using namespace esb;
using net::Reactor;
using test::client_address;

struct Owner : net::SocketOwner {
    int calls = 0;
    bool readable = false, writable = false;
    std::function<void()> then;
    void on_ready(bool read, bool write) override {
        ++calls;
        readable = read;
        writable = write;
        if (then) then();
    }
};

struct Job : Task {
    int steps = 0;
    std::optional<Instant> when;
    Instant stepped_at{};
    std::function<void()> then;
    void step(Instant now) override {
        ++steps;
        stepped_at = now;
        if (then) then();
    }
    std::optional<Instant> deadline() const override { return when; }
};

struct ReactorTest : ::testing::Test {
    test::NetRig rig;
    Reactor& reactor = rig.reactor;
    std::uint16_t next_port = 5000;

    // A datagram socket, with one datagram waiting when `fed`.
    chip::SocketId datagrams(bool fed) {
        const chip::Endpoint at{client_address, next_port++};
        const auto socket = rig.sockets.bind_udp(at).value();
        if (fed) {
            EXPECT_TRUE(rig.sockets.send_to(socket, at, as_bytes("x")));
            rig.world.run_for(10ms);
        }
        return socket;
    }
};

TEST_F(ReactorTest, waits_no_longer_than_told) {
    reactor.turn(250ms);
    EXPECT_EQ(rig.world.now(), Instant{250ms});
}

TEST_F(ReactorTest, waits_until_the_earliest_deadline) {
    Job soon, late, never;
    soon.when = Instant{30ms};
    late.when = Instant{70ms};
    for (Job* job : {&late, &never, &soon}) ASSERT_TRUE(reactor.add(*job));
    reactor.turn(1h);
    EXPECT_EQ(rig.world.now(), Instant{30ms});
    EXPECT_EQ(soon.stepped_at, Instant{30ms});
    EXPECT_EQ(never.steps, 1);
}

TEST_F(ReactorTest, a_deadline_in_the_past_does_not_wait) {
    rig.world.clock().advance(5s);
    Job job;
    for (const Instant when : {Instant::min(), Instant{}, Instant{5s}}) {
        job.when = when;
        ASSERT_TRUE(reactor.add(job));
        reactor.turn(1h);
        EXPECT_EQ(rig.world.now(), Instant{5s});
    }
    EXPECT_EQ(job.steps, 3);
}

TEST_F(ReactorTest, wake_ends_the_wait) {
    reactor.wake();
    reactor.turn(1h);
    EXPECT_EQ(rig.world.now(), Instant{});
}

TEST_F(ReactorTest, calls_only_owners_that_are_ready_for_what_they_want) {
    Owner fed, unfed, disinterested;
    ASSERT_TRUE(reactor.watch(datagrams(true), fed, true, false));
    ASSERT_TRUE(reactor.watch(datagrams(false), unfed, true, false));
    ASSERT_TRUE(reactor.watch(datagrams(true), disinterested, false, false));
    reactor.turn(1s);
    EXPECT_EQ(fed.calls, 1);
    EXPECT_TRUE(fed.readable);
    EXPECT_FALSE(fed.writable);
    EXPECT_EQ(unfed.calls, 0);
    EXPECT_EQ(disinterested.calls, 0);
}

TEST_F(ReactorTest, an_interest_can_be_changed_and_taken_over) {
    Owner first, second;
    const auto socket = datagrams(true);
    ASSERT_TRUE(reactor.watch(socket, first, false, false));
    ASSERT_TRUE(reactor.watch(socket, second, true, false));
    reactor.turn(1s);
    EXPECT_EQ(first.calls, 0);
    EXPECT_EQ(second.calls, 1);
    reactor.unwatch(socket);
    reactor.unwatch(socket);
    reactor.turn(1s);
    EXPECT_EQ(second.calls, 1);
}

TEST_F(ReactorTest, an_owner_may_remove_itself_and_others_that_are_ready) {
    std::vector<std::unique_ptr<Owner>> owners;
    std::vector<chip::SocketId> sockets;
    for (int i = 0; i < 5; ++i) {
        owners.push_back(std::make_unique<Owner>());
        sockets.push_back(datagrams(true));
        ASSERT_TRUE(reactor.watch(sockets.back(), *owners.back(), true, false));
    }
    owners[1]->then = [&] {
        for (const std::size_t i : {0U, 1U, 3U}) reactor.unwatch(sockets[i]);
        owners[0].reset();
        owners[3].reset();
    };
    reactor.turn(1s);
    EXPECT_EQ(owners[1]->calls, 1);
    EXPECT_EQ(owners[2]->calls, 1);
    EXPECT_EQ(owners[4]->calls, 1);
    reactor.turn(1s);
    EXPECT_EQ(owners[1]->calls, 1);
    EXPECT_EQ(owners[4]->calls, 2);
}

TEST_F(ReactorTest, a_socket_added_within_a_turn_waits_for_the_next_even_in_anothers_place) {
    Owner adder, removed, added;
    const auto a = datagrams(true);
    const auto b = datagrams(true);
    const auto c = datagrams(true);
    ASSERT_TRUE(reactor.watch(a, adder, true, false));
    ASSERT_TRUE(reactor.watch(b, removed, true, false));
    adder.then = [&] {
        reactor.unwatch(b);
        ASSERT_TRUE(reactor.watch(c, added, true, false));
    };
    reactor.turn(1s);
    EXPECT_EQ(removed.calls, 0);
    EXPECT_EQ(added.calls, 0);
    adder.then = nullptr;
    reactor.turn(1s);
    EXPECT_EQ(added.calls, 1);
}

TEST_F(ReactorTest, an_interest_withdrawn_within_the_turn_is_not_served) {
    Owner first, second;
    const auto a = datagrams(true);
    const auto b = datagrams(true);
    ASSERT_TRUE(reactor.watch(a, first, true, false));
    ASSERT_TRUE(reactor.watch(b, second, true, false));
    first.then = [&] { ASSERT_TRUE(reactor.watch(b, second, false, false)); };
    reactor.turn(1s);
    EXPECT_EQ(second.calls, 0);
}

TEST_F(ReactorTest, sockets_and_tasks_beyond_the_limits_are_refused) {
    Owner owner;
    for (std::size_t i = 0; i < Reactor::max_sockets; ++i) {
        ASSERT_TRUE(reactor.watch(static_cast<chip::SocketId>(i), owner, false, false));
    }
    EXPECT_EQ(reactor.watch(static_cast<chip::SocketId>(99), owner, true, false).error(), errors::full);
    EXPECT_TRUE(reactor.watch(static_cast<chip::SocketId>(3), owner, false, false));
    reactor.unwatch(static_cast<chip::SocketId>(3));
    EXPECT_TRUE(reactor.watch(static_cast<chip::SocketId>(99), owner, false, false));

    std::array<Job, Reactor::max_tasks> jobs;
    for (auto& job : jobs) ASSERT_TRUE(reactor.add(job));
    Job one_more;
    EXPECT_EQ(reactor.add(one_more).error(), errors::full);
    EXPECT_TRUE(reactor.add(jobs[0])) << "it is in already";
    reactor.remove(jobs[5]);
    EXPECT_TRUE(reactor.add(one_more));
    reactor.remove(jobs[5]);
}

TEST_F(ReactorTest, tasks_may_remove_themselves_and_others) {
    auto first = std::make_unique<Job>();
    auto second = std::make_unique<Job>();
    Job third;
    ASSERT_TRUE(reactor.add(*first));
    ASSERT_TRUE(reactor.add(*second));
    ASSERT_TRUE(reactor.add(third));
    first->then = [&] {
        reactor.remove(*second);
        second.reset();
        reactor.remove(*first);
    };
    reactor.turn(0ms);
    reactor.turn(0ms);
    EXPECT_EQ(first->steps, 1);
    EXPECT_EQ(third.steps, 2);
}

TEST_F(ReactorTest, one_that_is_ready_does_not_starve_the_tasks) {
    Owner owner;
    Job job;
    ASSERT_TRUE(reactor.watch(datagrams(true), owner, true, false));
    ASSERT_TRUE(reactor.add(job));
    for (int i = 0; i < 10; ++i) reactor.turn(1s);
    EXPECT_EQ(owner.calls, 10);
    EXPECT_EQ(job.steps, 10);
}

}  // namespace
