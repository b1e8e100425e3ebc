// Envelopes that lay in a file on their way: what editors and shells put around them, by every way into the engine.
#include "esb/base/file_text.hpp"
#include "esb/ota/errors.hpp"
#include "tests/support/bundle.hpp"

#include <gtest/gtest.h>

#include <iostream>

namespace esb::ota {
namespace {

using test::Boot;
using test::BootEnd;

struct Form {
    const char* name;
    std::string before, behind;
};
const std::string mark(byte_order_mark);
const std::vector<Form> forms = {
    {"as it is", "", ""},
    {"LF", "", "\n"},
    {"CRLF", "", "\r\n"},
    {"CR", "", "\r"},
    {"BOM", mark, ""},
    {"BOM and LF", mark, "\n"},
    {"BOM and CRLF", mark, "\r\n"},
    {"empty lines", "\n\r\n", "\n\n"},
    {"spaces and a tab", " \t", " \t"},
};

class FileForms : public testing::Test {
protected:
    const test::Image old_image = test::make_image({.seq = 41, .ver = "1.3.0"});
    const test::Image new_image = test::make_image({.seq = 42, .ver = "1.4.0"});
    vchip::MemoryStore store = test::factory_flash(old_image);
    vchip::Flash flash{store};
    test::UpdateRig rig{flash};

    FileForms() {
        rig.allow(old_image);
        rig.allow(new_image);
        rig.server.file = new_image;
    }
};

TEST(FileFormsOfAll, every_form_by_every_way) {
    const auto old_image = test::make_image({.seq = 41, .ver = "1.3.0"});
    const auto new_image = test::make_image({.seq = 42, .ver = "1.4.0"});
    unsigned count = 0;
    for (const auto& form : forms) {
        for (const std::string way : {"message", "upload", "legacy"}) {
            SCOPED_TRACE(way + ": " + form.name);
            auto store = test::factory_flash(old_image);
            vchip::Flash flash(store);
            test::UpdateRig rig(flash);
            rig.allow(old_image);
            rig.allow(new_image);
            rig.server.file = new_image;
            Status uploaded;
            if (way == "message") rig.retained = form.before + rig.envelope(new_image) + form.behind;
            if (way == "legacy") {
                crypto::Md5 md5;
                md5.update(new_image);
                rig.policy.legacy_md5 = true;
                const auto text = std::string(test::file_url) + "|" + test::hex(md5.finish());
                rig.retained = form.before + text + form.behind;
            }
            if (way == "upload") {
                // The line end is the separator there.
                std::string end = form.behind;
                while (end.ends_with('\n')) end.pop_back();
                const auto text = test::bundle_of(form.before + rig.envelope(new_image) + end, new_image);
                rig.on_line = [&, text](Updater& updater) { uploaded = test::upload(updater, text, text.size(), 7); };
            }
            EXPECT_EQ(rig.boot().end, BootEnd::restart);
            EXPECT_TRUE(uploaded);
            rig.on_line = nullptr;
            const Boot second = rig.boot();
            EXPECT_EQ(second.seq, 42U);
            EXPECT_EQ(second.last.state, State::confirmed);
            ++count;
        }
    }
    std::cout << forms.size() << " forms, 3 ways: " << count << " updates\n";
}

TEST_F(FileForms, nothing_is_trimmed_inside) {
    const auto envelope = rig.envelope(new_image);
    const auto dot = envelope.find('.');
    for (const std::string piece : {"\n", "\r\n", " ", mark.c_str()}) {
        rig.retained = envelope.substr(0, dot + 1) + piece + envelope.substr(dot + 1);
        EXPECT_TRUE(rig.boot().refused(errors::envelope_malformed) || rig.boot().refused(errors::bad_signature))
            << piece;
    }
}

TEST_F(FileForms, the_longest_envelope_may_have_them_too) {
    rig.retained = mark + std::string(envelope_max, 'a') + "\r\n";
    EXPECT_TRUE(rig.boot().refused(errors::envelope_malformed)) << "not too large";
    rig.retained = std::string(envelope_max + 1, 'a');
    EXPECT_TRUE(rig.boot().refused(errors::envelope_too_large));
}

}  // namespace
}  // namespace esb::ota
