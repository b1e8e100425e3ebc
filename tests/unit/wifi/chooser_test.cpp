#include "esb/wifi/chooser.hpp"

#include "support/wifi_rig.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace esb::wifi {
namespace {

using test::known;
using Step = Chooser::Step;

class ChooserTest : public testing::Test {
protected:
    void set(std::vector<KnownNetwork> networks) { chooser.set(networks); }
    void hear(std::vector<std::pair<std::string_view, int>> air) {
        std::vector<chip::ScanEntry> list(air.size());
        for (std::size_t i = 0; i < air.size(); ++i) {
            ASSERT_TRUE(list[i].ssid.assign(air[i].first));
            list[i].rssi = static_cast<std::int8_t>(air[i].second);
        }
        chooser.heard(list);
    }
    // The names of the rest of the round, "?" for a scan, which hears nothing more.
    std::string rest() {
        std::string order;
        for (;;) {
            const auto choice = chooser.next(now);
            if (choice.step == Step::none_known || choice.step == Step::round_over) return order;
            if (choice.step == Step::scan) {
                order += '?';
                chooser.heard({});
                continue;
            }
            order += chooser.at(choice.index).ssid.view();
        }
    }

    Policy policy;
    Chooser chooser{policy};
    Instant now{1h};
};

TEST_F(ChooserTest, nothing_known_nothing_tried) {
    EXPECT_EQ(chooser.next(now).step, Step::none_known);
    set({known("")});
    EXPECT_EQ(chooser.next(now).step, Step::none_known);
}

TEST_F(ChooserTest, one_network_needs_no_scan) {
    set({known("A")});
    EXPECT_EQ(rest(), "A");
}

TEST_F(ChooserTest, the_strongest_heard_first_the_unheard_last) {
    set({known("A"), known("B"), known("C")});
    EXPECT_EQ(chooser.next(now).step, Step::scan);
    hear({{"C", -40}, {"B", -50}, {"B", -30}});
    EXPECT_EQ(rest(), "BCA");
}

TEST_F(ChooserTest, priority_beats_strength_but_not_silence) {
    set({known("A"), known("B", "", 1), known("C", "", 2)});
    hear({{"A", -40}, {"B", -80}});
    EXPECT_EQ(rest(), "BAC");
}

TEST_F(ChooserTest, hidden_networks_are_tried_without_being_heard) {
    auto hidden = known("H");
    hidden.station.hidden = true;
    set({known("A"), hidden, known("B")});
    hear({{"B", -90}});
    EXPECT_EQ(rest(), "BHA");
}

TEST_F(ChooserTest, a_named_access_point_must_be_the_one_that_is_heard) {
    auto named = known("A");
    named.station.bssid = chip::Mac{1, 2, 3, 4, 5, 6};
    set({named, known("B")});
    hear({{"A", -20}, {"B", -80}});
    EXPECT_EQ(rest(), "BA");
}

TEST_F(ChooserTest, without_a_scan_the_order_of_the_list_counts) {
    set({known("A"), known("B"), known("C")});
    EXPECT_EQ(rest(), "?ABC");
}

TEST_F(ChooserTest, the_last_good_one_comes_first_until_it_fails) {
    set({known("A"), known("B"), known("C")});
    chooser.settled(2);
    EXPECT_EQ(rest(), "C?AB");
    chooser.failed(2);
    chooser.begin_round();
    EXPECT_EQ(rest(), "?ABC");
    chooser.settled(2);
    chooser.broker_missed(2, now);
    chooser.begin_round();
    EXPECT_EQ(rest(), "?ABC");
}

TEST_F(ChooserTest, without_a_broker_all_take_turns_however_strong_they_are) {
    set({known("A"), known("B"), known("C"), known("absent")});
    std::string order;
    for (std::size_t present = 0; order.size() < 7; now += 30min) {
        chooser.broker_missed(present, now);
        chooser.begin_round();
        hear({{"C", -30}, {"B", -50}, {"A", -70}});
        chooser.pass_over(present);
        auto choice = chooser.next(now);
        if (chooser.at(choice.index).ssid == "absent") choice = chooser.next(now);
        present = choice.index;
        order += chooser.at(present).ssid.view();
    }
    EXPECT_EQ(order, "CBACBAC");
}

TEST_F(ChooserTest, a_refused_network_is_left_out_until_its_time_is_over) {
    set({known("A"), known("B")});
    chooser.refused(0, now);
    EXPECT_EQ(rest(), "B");
    now += 30s;
    chooser.begin_round();
    EXPECT_EQ(rest(), "?AB");
}

TEST_F(ChooserTest, when_all_are_put_aside_the_first_to_return_is_tried) {
    set({known("A"), known("B")});
    chooser.refused(0, now);
    chooser.refused(0, now);
    chooser.refused(1, now);
    EXPECT_EQ(rest(), "B");
}

TEST_F(ChooserTest, putting_aside_grows_up_to_its_limit_and_ends_with_a_success) {
    set({known("A"), known("B")});
    for (int i = 0; i < 300; ++i) chooser.refused(0, now);
    EXPECT_FALSE(chooser.other_heard(1, now + policy.refused_pause_max - 1ms));
    hear({{"A", -50}});
    EXPECT_FALSE(chooser.other_heard(1, now + policy.refused_pause_max - 1ms));
    EXPECT_TRUE(chooser.other_heard(1, now + policy.refused_pause_max));
    chooser.settled(0);
    chooser.refused(0, now);
    EXPECT_TRUE(chooser.other_heard(1, now + 30s));
}

TEST_F(ChooserTest, a_changed_list_keeps_what_is_known_about_the_networks_that_stay) {
    set({known("A"), known("B")});
    chooser.settled(1);
    EXPECT_FALSE(chooser.set(std::vector{known("A"), known("B")}));
    EXPECT_TRUE(chooser.set(std::vector{known("A"), known("B", "", 1)}));
    EXPECT_TRUE(chooser.set(std::vector{known("B", "", 1), known("C")}));
    EXPECT_EQ(chooser.last_good(), 0U);
    EXPECT_TRUE(chooser.set(std::vector{known("B", "another")}));
    EXPECT_FALSE(chooser.last_good());
    EXPECT_TRUE(chooser.set({}));
    EXPECT_EQ(chooser.size(), 0U);
}

TEST_F(ChooserTest, forgiven_networks_are_tried_at_once) {
    set({known("A"), known("B")});
    chooser.refused(0, now);
    chooser.refused(1, now);
    chooser.begin_round();
    chooser.forgive();
    EXPECT_EQ(rest(), "?AB");
}

TEST_F(ChooserTest, whoever_sets_a_refused_network_again_wants_it_tried) {
    set({known("A"), known("B")});
    chooser.refused(0, now);
    set({known("A"), known("C")});
    EXPECT_EQ(rest(), "?AC");
}

}  // namespace
}  // namespace esb::wifi
