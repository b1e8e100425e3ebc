// The parts of `esb new`, `run`, `doctor` and `monitor`; all of it together: tests/e2e/test_kit.py.
#include "tests/unit/cli/cli_rig.hpp"

#include "host/cli/birth_keeper.hpp"
#include "host/cli/child.hpp"
#include "host/cli/doctor.hpp"
#include "host/cli/event_loop.hpp"
#include "host/cli/line_buffer.hpp"
#include "host/cli/project_files.hpp"
#include "host/cli/screen.hpp"
#include "host/cli/serial_port.hpp"
#include "host/cli/source_watch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <optional>

#include <unistd.h>

namespace esb::cli {
namespace {

using test::run_esb;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(NewProject, has_all_files_with_its_name_and_a_private_key) {
    const test::Folder folder;
    const auto ran = run_esb({"new", folder / "greenhouse"});
    EXPECT_EQ(ran.status, 0) << ran.err;
    for (const std::string file :
         {"main.cpp", "CMakeLists.txt", "main/CMakeLists.txt", "main/idf_component.yml", "partitions.csv",
          "sdkconfig.defaults", "platformio.ini", "pytest.ini", "tests/test_greenhouse.py", ".github/workflows/ci.yml",
          ".gitignore", "README.md", "update-key.pem", "update-key.pem.pub.jwk"}) {
        EXPECT_NE(folder.read("greenhouse/" + file), "") << file;
        EXPECT_THAT(folder.read("greenhouse/" + file), testing::Not(HasSubstr("@name@"))) << file;
    }
    EXPECT_THAT(folder.read("greenhouse/main.cpp"), HasSubstr("ESB_APP(\"greenhouse\""));
    EXPECT_EQ(folder.mode("greenhouse/update-key.pem"), 0600U);
    EXPECT_EQ(folder.mode("greenhouse/main.cpp"), 0644U);
    EXPECT_THAT(folder.read("greenhouse/sdkconfig.defaults"),
                HasSubstr("CONFIG_PARTITION_TABLE_CUSTOM_FILENAME=\"partitions.csv\""));
}

TEST(NewProject, refuses_a_folder_with_something_in_it_and_takes_an_empty_one) {
    const test::Folder folder;
    std::filesystem::create_directory(folder / "empty");
    EXPECT_EQ(run_esb({"new", folder / "empty/"}).status, 0);
    const auto again = run_esb({"new", folder / "empty"});
    EXPECT_EQ(again.status, 1);
    EXPECT_THAT(again.err, HasSubstr("is not empty"));
    folder.write("file", "x");
    EXPECT_EQ(run_esb({"new", folder / "file"}).status, 1);
    EXPECT_EQ(folder.read("file"), "x");
}

TEST(NewProject, refuses_names_that_no_image_can_have) {
    const test::Folder folder;
    for (const std::string name :
         {"Green", "1st", "green house", "gr\xC3\xBCn", "test", "all", "-x", "", "a2345678901234567890123456789012"}) {
        // An empty name within a folder would be the folder's own, which is chance and at times a good one.
        const auto ran = run_esb({"new", name.empty() ? name : folder / name});
        EXPECT_EQ(ran.status, 2) << name;
        EXPECT_THAT(ran.err, HasSubstr("name")) << name;
    }
    EXPECT_EQ(folder.files(), 0U);
    EXPECT_EQ(check_project_name("a234567890123456789012345678901"), "");
}

TEST(LineTyping, edits_and_remembers) {
    LineTyping typing;
    EXPECT_THAT(typing.take("lamp on\r"), ElementsAre("lamp on"));
    EXPECT_THAT(typing.take("x\x7F"
                            "staus\x08\x08\x08"
                            "atus\n"),
                ElementsAre("status"));
    EXPECT_THAT(typing.take("nonsense\x15"
                            "gr\xC3\xBC\x7F"
                            "a\n"),
                ElementsAre("gra"));
    EXPECT_THAT(typing.take("\x1B[A\x1B[A\x1B[A\n"), ElementsAre("lamp on"));
    EXPECT_THAT(typing.take("\x1B[A\x1B[B\x1B[1;5C\x1BOA\x1B[Z\n"), ElementsAre("lamp on"));
    EXPECT_THAT(typing.take("\x04"), IsEmpty());
    EXPECT_TRUE(typing.ended());
}

TEST(LineBuffer, gives_whole_lines_and_at_the_end_what_is_left) {
    LineBuffer buffer;
    std::vector<std::string> lines;
    const auto take = [&](std::string_view line) { lines.emplace_back(line); };
    buffer.take("one\r\ntw", take);
    buffer.take("o\n\nthree", take);
    EXPECT_THAT(lines, ElementsAre("one", "two", ""));
    buffer.flush(take);
    buffer.flush(take);
    EXPECT_THAT(lines, ElementsAre("one", "two", "", "three"));
}

TEST(Screen, has_the_source_in_front_and_colours_only_when_asked_for) {
    std::ostringstream text;
    Printer out(text);
    Screen(out, false, false).line(mqtt_source, "lamp/state  on\x1B[2J");
    EXPECT_EQ(text.str(), "mqtt   | lamp/state  on\\x1b[2J\n");
    text.str("");
    Screen(out, true, false).line(serial_source, "ready");
    EXPECT_EQ(text.str(), "\x1B[32mserial | \x1B[0mready\n");
}

TEST(SourceWatch, tells_a_change_once_it_is_over_and_leaves_the_build_out) {
    const test::Folder folder;
    folder.write("main.cpp", "one");
    SourceWatch watch(folder.path());
    EXPECT_FALSE(watch.look());
    folder.write("main.cpp", "two and more");
    EXPECT_FALSE(watch.look());  // it may go on
    EXPECT_TRUE(watch.look());
    EXPECT_FALSE(watch.look());
    std::filesystem::create_directories(folder / "build/x");
    std::filesystem::create_directories(folder / ".git");
    folder.write("build/x/file", "x");
    folder.write(".git/file", "x");
    folder.write(".main.cpp.swp", "x");
    EXPECT_FALSE(watch.look());
    EXPECT_FALSE(watch.look());
    std::filesystem::remove(folder / "main.cpp");
    EXPECT_FALSE(watch.look());
    EXPECT_TRUE(watch.look());
}

TEST(EventLoop, tells_a_programs_lines_and_then_its_end) {
    EventLoop loop;
    std::vector<std::string> lines;
    std::optional<int> status;
    const auto started = loop.start(
        {{"sh", "-c", "echo one; echo two >&2; printf \"$KIT\"; exit 3"}, {}, {"KIT=three"}},
        [&](std::string_view line) { lines.emplace_back(line); }, [&](int code) { status = code; });
    ASSERT_TRUE(started);
    EXPECT_TRUE(loop.run_until([&] { return status.has_value(); }, std::chrono::seconds(20)));
    EXPECT_THAT(lines, ElementsAre("one", "two", "three"));
    EXPECT_EQ(status, 3);
}

TEST(EventLoop, a_program_that_is_not_there_ends_with_127) {
    EventLoop loop;
    std::optional<int> status;
    ASSERT_TRUE(loop.start(
        {{"no-such-program-of-ours"}}, [](std::string_view) {}, [&](int code) { status = code; }));
    EXPECT_TRUE(loop.run_until([&] { return status.has_value(); }, std::chrono::seconds(20)));
    EXPECT_EQ(status, 127);
    EXPECT_EQ(first_line_of({"no-such-program-of-ours"}), "");
}

TEST(EventLoop, stopping_a_program_ends_what_it_started_and_tells_nothing) {
    EventLoop loop;
    std::string pid;
    const auto started = loop.start(
        {{"sh", "-c", "sleep 600 & echo $!; wait"}}, [&](std::string_view line) { pid = line; },
        [](int) { ADD_FAILURE() << "its end is told"; });
    ASSERT_TRUE(started);
    ASSERT_TRUE(loop.run_until([&] { return !pid.empty(); }, std::chrono::seconds(20)));
    loop.stop(*started);
    loop.every(std::chrono::milliseconds(10), [] {});  // look again
    // Orphans go to whoever reaps them; until then they are zombies.
    const auto over = [&] {
        std::ifstream stat("/proc/" + pid + "/stat");
        std::string text;
        std::getline(stat, text);
        return text.empty() || text.find(") Z") != std::string::npos;
    };
    EXPECT_TRUE(loop.run_until(over, std::chrono::seconds(20)) || over());
}

TEST(EventLoop, an_interrupt_ends_the_waiting_and_not_the_process) {
    EventLoop loop;
    ::raise(SIGINT);
    EXPECT_FALSE(loop.run_until([] { return false; }, std::chrono::seconds(20)));
    EXPECT_TRUE(loop.interrupted());
    ::raise(SIGINT);  // once more, while it is being taken down
}

TEST(SerialPorts, are_found_by_name_and_one_is_chosen) {
    const test::Folder folder;
    for (const auto* name : {"ttyUSB1", "ttyACM0", "ttyS0", "null"}) folder.write(name, "");
    const auto found = serial_ports(folder.path());
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].path, folder / "ttyACM0");
    EXPECT_TRUE(found[0].usable);
    EXPECT_FALSE(choose_serial_port(found));
    EXPECT_THAT(choose_serial_port(found).error().line, HasSubstr("ttyUSB1"));
    EXPECT_EQ(choose_serial_port({found[0], {"/dev/ttyUSB9", false, "dialout"}}), found[0].path);
    EXPECT_THAT(choose_serial_port({{"/dev/ttyUSB9", false, "dialout"}}).error().line,
                HasSubstr("usermod -aG dialout"));
    EXPECT_THAT(choose_serial_port({}).error().line, HasSubstr("plugged in"));
    EXPECT_FALSE(OpenPort::open(folder / "ttyUSB1", 115200));  // no terminal
    EXPECT_THAT(OpenPort::open("/dev/null", 12345).error().line, HasSubstr("12345 is not a speed"));
}

TEST(Doctor, reads_versions_and_says_who_may_use_a_port) {
    EXPECT_THAT(version_in("mosquitto version 2.0.11"), ElementsAre(2, 0, 11));
    EXPECT_THAT(version_in("12"), ElementsAre(12));
    EXPECT_THAT(version_in("cmake version 3.25.1-rc2"), ElementsAre(3, 25, 1));
    EXPECT_THAT(version_in("none"), IsEmpty());
    const auto ports = examine_ports({{"/dev/ttyUSB0", false, "dialout"}, {"/dev/ttyACM0", true, "dialout"}});
    EXPECT_FALSE(ports[0].found);
    EXPECT_THAT(ports[0].detail, HasSubstr("usermod -aG dialout"));
    EXPECT_TRUE(ports[1].found);
    EXPECT_FALSE(examine_ports({})[0].found);
}

class BirthKeeping : public testing::Test {
protected:
    BirthKeeping() {
        options_.file = folder_ / "births.txt";
        options_.label = folder_ / "label.svg";
        options_.broker = folder_ / "broker";
    }
    Outcome<void> take(const std::string& line) { return keeper_.take(line); }

    const std::string key_ = std::string("MQTT ident=ESP-C44F330A9C35 psk=") + test::psk;
    test::Folder folder_;
    std::ostringstream text_;
    Printer out_{text_};
    Screen screen_{out_, false, false};
    BirthOptions options_;
    BirthKeeper keeper_{options_, screen_};
};

TEST_F(BirthKeeping, keeps_the_lines_makes_the_label_and_the_account) {
    ASSERT_EQ(run_esb({"broker", "init", options_.broker}).status, 0);
    for (const std::string line : {"===== basic 1.0.0 =====", "storage: formatted"}) EXPECT_TRUE(take(line));
    EXPECT_FALSE(std::filesystem::exists(options_.file));
    EXPECT_TRUE(take(key_));
    EXPECT_TRUE(take("AP ssid=ESP-C44F330A9C35 pass=k7mw3ezq9txh"));
    EXPECT_FALSE(keeper_.complete());
    EXPECT_TRUE(take("WIFI:T:WPA;S:ESP-C44F330A9C35;P:k7mw3ezq9txh;;"));
    EXPECT_TRUE(keeper_.complete());
    EXPECT_TRUE(take("ready"));
    EXPECT_EQ(folder_.read("births.txt"), key_ +
                                              "\nAP ssid=ESP-C44F330A9C35 pass=k7mw3ezq9txh\n"
                                              "WIFI:T:WPA;S:ESP-C44F330A9C35;P:k7mw3ezq9txh;;\n");
    EXPECT_EQ(folder_.mode("births.txt"), 0600U);
    EXPECT_EQ(folder_.mode("label.svg"), 0600U);
    EXPECT_THAT(run_esb({"broker", "list", options_.broker}).out, HasSubstr("ESP-C44F330A9C35"));
}

TEST_F(BirthKeeping, a_firmware_without_the_page_has_one_line) {
    options_.broker.clear();
    EXPECT_TRUE(take(key_));
    EXPECT_TRUE(take("ready"));
    EXPECT_TRUE(keeper_.complete());
    EXPECT_THAT(text_.str(), HasSubstr("esb broker add DIR ESP-C44F330A9C35"));
}

TEST_F(BirthKeeping, a_line_is_kept_also_when_the_account_fails) {
    const auto taken = take(key_);
    ASSERT_FALSE(taken);
    EXPECT_THAT(taken.error().line, HasSubstr("is not a broker's folder"));
    EXPECT_EQ(folder_.read("births.txt"), key_ + "\n");
}

TEST_F(BirthKeeping, nothing_is_written_where_others_can_read) {
    folder_.write("births.txt", "");
    ASSERT_EQ(::chmod(options_.file.c_str(), 0644), 0);
    EXPECT_FALSE(take(key_));
    EXPECT_EQ(folder_.read("births.txt"), "");
}

TEST_F(BirthKeeping, only_a_whole_key_line_counts) {
    for (const std::string line : {"MQTT ident=ESP-1 psk=", "MQTT ident= psk=00", "MQTT ident=ESP-1 psk=0",
                                   "MQTT ident=ESP-1", "MQTT ident=ESP-1 psk=0g", " MQTT ident=ESP-1 psk=00"})
        EXPECT_FALSE(parse_key_line(line)) << line;
    EXPECT_EQ(parse_key_line("MQTT ident=ESP-1 psk=00ff\r")->psk, "00ff");
}

}  // namespace
}  // namespace esb::cli
