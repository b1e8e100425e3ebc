// What somebody could send who wants other data beside a genuine image: none of it is taken.
#include "esb/ota/errors.hpp"
#include "support/tally.hpp"
#include "tests/support/data_rig.hpp"

#include <gtest/gtest.h>

#include <iostream>
#include <string>
#include <vector>

namespace esb::ota {
namespace {

using test::base64url;
using test::Manifest;

class DataForgeries : public testing::Test {
protected:
    const test::Image old_image = test::make_image({.seq = 41, .ver = "1.3.0"});
    const test::Image new_image = test::make_image({.seq = 42, .ver = "1.4.0"});
    const test::Image page = test::some_data(5000, 1);
    vchip::MemoryStore store = test::factory_flash(old_image, test::data_flash);
    vchip::Flash flash{store};
    test::DataRig rig{flash};
    const std::string entry = test::data_entry("www", page, test::DataRig::www_url);
    std::string good;
    std::vector<std::pair<std::string, std::string>> forged;

    DataForgeries() {
        rig.allow(old_image);
        rig.offer(new_image, page);
        good = std::exchange(rig.retained, {});
    }
    std::string payload(const std::string& data) const {
        auto manifest = Manifest::of(new_image);
        manifest.more = ",\"data\":" + data;
        return manifest.json();
    }
    // Signed all the same: by somebody who was careless.
    void add(const std::string& data) { forged.emplace_back(data, rig.signer.envelope("esb-update", payload(data))); }
    void add_changed(std::string_view from, const std::string& to) {
        auto changed = entry;
        changed.replace(changed.find(from), from.size(), to);
        add("[" + changed + "]");
    }
    void expect_none_accepted(const std::string& what) {
        std::size_t accepted = 0;
        rig.on_line = [&](Updater& updater) {
            for (const auto& [name, text] : forged) {
                const auto outcome = updater.offer(as_bytes(text));
                accepted += outcome ? 1 : 0;
                ASSERT_FALSE(outcome) << what << ": accepted: " << name;
                const Error& why = outcome.error();
                ASSERT_TRUE(why != errors::busy && why != errors::ota_heap && why != errors::ota_too_soon) << name;
            }
            ASSERT_EQ(rig.server.connections + rig.www.connections + rig.model.connections, 0);
            EXPECT_TRUE(updater.offer(as_bytes(good))) << "what is genuine is taken";
        };
        EXPECT_EQ(rig.boot().end, test::BootEnd::restart);
        rig.on_line = nullptr;
        const auto boot = rig.boot();
        EXPECT_EQ(boot.seq, 42U);
        EXPECT_EQ(boot.www, page);
        std::cout << "[ refused  ] " << what << ": " << forged.size() << " forged, " << accepted << " accepted\n";
        test::tally("forgeries", forged.size(), what);
        test::tally("forgeries accepted", accepted, what);
    }
};

// Hash, size, name and addresses of the data are under the signature, as the image's are.
TEST_F(DataForgeries, of_any_bit_of_a_signed_entry_are_refused) {
    const auto first = good.find('.');
    const auto second = good.find('.', first + 1);
    auto manifest = Manifest::of(new_image, 40);
    manifest.more = ",\"data\":[" + entry + "]";
    const auto genuine = manifest.json();
    ASSERT_EQ(base64url(genuine), good.substr(first + 1, second - first - 1));
    for (auto at = genuine.find("\"data\""); at < genuine.size(); ++at) {
        for (int bit = 0; bit < 8; ++bit) {
            auto changed = genuine;
            changed[at] = static_cast<char>(changed[at] ^ (1 << bit));
            forged.emplace_back(changed, good.substr(0, first + 1) + base64url(changed) + good.substr(second));
        }
    }
    expect_none_accepted("bits of data");
}

TEST_F(DataForgeries, by_other_names_are_refused) {
    for (const auto* name :
         {"", "WWW", "www ", " www", "Www", "ww", "wwww", "www_0", "www_1", "_0", "_", "../www", "www/..", "/www", "./www", "a/b",
          "www\\u0000", "www\\u0000_1", "w\\u00fcw", "..", "*", "%", "www\\n", "ota", "ota_0", "nvs", "nvs_keys", "otadata",
          "coredump", "factory", "lone", "uneven", "reserve", "0", "1", "abcdefghijklmno", "\\\"www", "www.bin"}) {
        add_changed("\"www\"", "\"" + std::string(name) + "\"");
    }
    for (const auto* name : {"1", "null", "true", "[\"www\"]", "{}"}) add_changed("\"www\"", name);
    expect_none_accepted("names of partitions");
}

TEST_F(DataForgeries, by_sizes_are_refused) {
    for (const auto* size : {"0", "-1", "-5000", "65537", "131072", "4294967295", "4294967296", "4294972296", "9007199254740993",
                             "18446744073709551616", "5e3", "5000.0", "5000.5", "05000", "0x1388", "\"5000\"", "null", "[5000]", "NaN", ""}) {
        add_changed("5000", size);
    }
    expect_none_accepted("sizes of data");
}

TEST_F(DataForgeries, by_lists_hashes_and_addresses_are_refused) {
    const auto other = test::data_entry("model", page, test::DataRig::model_url);
    for (const auto& list :
         {"[" + entry + "," + entry + "]", "[" + entry + "," + other + "," + entry + "]", std::string("[]"), std::string("{}"),
          entry, "[[" + entry + "]]", "[" + entry + ",null]", "[" + entry + ",1]", std::string("\"www\""), std::string("null"),
          "[" + entry + "],\"data\":[" + other + "]", "[" + entry + "],\"d\\u0061ta\":[]"}) {
        add(list);
    }
    for (const auto& hash : {std::string(64, '0'), std::string(64, 'f'), std::string(63, 'a'), std::string(65, 'a'),
                             std::string(64, 'g'), std::string(), test::hex(crypto::sha256({}))}) {
        add_changed(test::hex(crypto::sha256(page)), hash);
    }
    for (const auto* url : {"ftp://192.0.2.4/www", "http://u:p@192.0.2.4/www", "http://127.1/x", "http:///x", "file:///etc/passwd",
                            "", "www", "http://192.0.2.4:99999/www", "http://192.0.2.4/www#x", "http://[::1]/www"}) {
        add_changed(test::DataRig::www_url, url);
    }
    add_changed("\"url\"", "\"part\":\"model\",\"url\"");
    add_changed("\"url\"", "\"p\\u0061rt\":\"model\",\"url\"");
    add_changed("\"url\"", "\"sha256\":\"" + std::string(64, 'a') + "\",\"url\"");
    expect_none_accepted("lists, hashes and addresses of data");
}

}  // namespace
}  // namespace esb::ota
