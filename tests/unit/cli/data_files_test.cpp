// `esb sign --data PART=FILE`: files beside the image, what the manifest says of them, and what `esb verify` finds.
#include "host/cli/data_files.hpp"

#include "host/cli/image_forms.hpp"
#include "host/cli/jws.hpp"
#include "host/cli/payloads.hpp"
#include "tests/support/data_rig.hpp"
#include "tests/support/read_manifest.hpp"
#include "tests/unit/cli/cli_rig.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace esb::cli {
namespace {

using test::run_esb;
using testing::HasSubstr;

class SignedData : public testing::Test {
protected:
    const esb::test::Image image = esb::test::make_image({.seq = 42, .ver = "1.4.0", .body = 3000});
    const esb::test::Image page = esb::test::some_data(5000, 1);
    const test::Folder folder;

    SignedData() {
        EXPECT_EQ(run_esb({"key", "new", folder / "k"}).status, exit_ok);
        folder.write("new.img", as_text(image));
        folder.write("page", as_text(page));
        folder.write("nothing", "");
    }
    test::Ran sign(const std::vector<std::string>& more) const {
        std::vector<std::string> words{"sign", "--key", folder / "k", "--image", folder / "new.img", "--url",
                                       "http://h/new.img?v=2", "-o", folder / "e"};
        words.insert(words.end(), more.begin(), more.end());
        return run_esb(words);
    }
    test::Ran verify() const {
        return run_esb({"verify", folder / "e", "--trust", folder / "k", "--image", folder / "new.img"});
    }
    std::string www() const { return "www=" + (folder / "page"); }
};

TEST_F(SignedData, lies_beside_the_image_and_in_the_manifest) {
    const auto ran = sign({"--data", www()});
    ASSERT_EQ(ran.status, exit_ok) << ran.err;
    EXPECT_EQ(folder.read("new.img.data-www"), as_text(page));
    EXPECT_THAT(ran.out, HasSubstr("new.img.data-www: 5000 bytes for www"));
    const auto forms = offered_forms(folder.read("e"));
    ASSERT_TRUE(forms);
    EXPECT_EQ(text_of(*forms), std::to_string(image.size()) + " bytes; data for www 5000 bytes");
}

TEST_F(SignedData, is_what_a_device_reads) {
    UpdateRequest request;
    request.image = inspect_image(as_text(image)).value();
    request.urls = {"http://a/i.img", "http://b/i.img?x"};
    request.data = read_part_files({www(), "model_2=" + (folder / "page")}).value();
    const auto payload = update_payload(request);
    ASSERT_TRUE(payload) << payload.error().line;
    const auto read = esb::test::read_update(as_bytes(*payload));
    ASSERT_TRUE(read) << read.error().name();
    ASSERT_EQ(read->data.size(), 2U);
    EXPECT_EQ(read->data[0].part, "www");
    EXPECT_EQ(read->data[0].size, page.size());
    EXPECT_EQ(read->data[0].sha256, crypto::sha256(page));
    EXPECT_EQ(read->urls.at(read->data[0].urls, 0), "http://a/i.img.data-www");
    EXPECT_EQ(read->urls.at(read->data[1].urls, 1), "http://b/i.img.data-model_2?x");
}

TEST_F(SignedData, is_verified) {
    ASSERT_EQ(sign({"--data", www()}).status, exit_ok);
    const auto good = verify();
    ASSERT_EQ(good.status, exit_ok) << good.err;
    EXPECT_THAT(good.out, HasSubstr("5000 bytes of data for www"));
    EXPECT_THAT(good.out, HasSubstr("new.img.data-www: 5000 bytes, what was signed for www"));
    auto other = page;
    other[77] ^= 1;
    folder.write("new.img.data-www", as_text(other));
    EXPECT_THAT(verify().err, HasSubstr("new.img.data-www"));
    other.pop_back();
    folder.write("new.img.data-www", as_text(other));
    EXPECT_THAT(verify().err, HasSubstr("4999 bytes, not 5000"));
}

TEST_F(SignedData, is_encrypted_with_the_image) {
    const auto ran = sign({"--data", www(), "--pack", "--encrypt", folder / "new.enc", "--broker-trusted"});
    ASSERT_EQ(ran.status, exit_ok) << ran.err;
    const auto encrypted = folder.read("new.enc.data-www");
    EXPECT_EQ(encrypted.size(), ota::encrypted_size(static_cast<std::uint32_t>(page.size())));
    EXPECT_EQ(encrypted.find(std::string(as_text(page)).substr(100, 16)), std::string::npos);
    const auto good = run_esb({"verify", folder / "e", "--trust", folder / "k", "--image", folder / "new.enc"});
    EXPECT_THAT(good.out, HasSubstr("what was signed for www")) << good.err;
}

TEST_F(SignedData, is_refused_where_no_device_would_take_it) {
    EXPECT_THAT(sign({"--data", folder / "page"}).err, HasSubstr("is not PART=FILE"));
    for (const auto* name : {"", "WWW", "../www", "w w", "fifteen_letters"}) {
        EXPECT_THAT(sign({"--data", std::string(name) + "=" + (folder / "page")}).err, HasSubstr("no name")) << name;
    }
    EXPECT_THAT(sign({"--data", "www=" + (folder / "none")}).err, HasSubstr("none"));
    EXPECT_THAT(sign({"--data", "www=" + (folder / "nothing")}).err, HasSubstr("is empty"));
    EXPECT_THAT(sign({"--data", www(), "--data", www()}).err, HasSubstr("there twice"));
    EXPECT_THAT(sign({"--data", www(), "--data", "b" + www(), "--data", "c" + www()}).err, HasSubstr("at most 2"));
    EXPECT_THAT(sign({"--data", www(), "--bundle", folder / "b"}).err, HasSubstr("ota.data_upload"));
}

}  // namespace
}  // namespace esb::cli
