// The boot-loader process with real firmware processes, over pipes.
#include "host/vchip/process.hpp"

#include "esb/crypto/crypto.hpp"
#include "host/vchip/boot_loader.hpp"
#include "host/vchip/chip_page.hpp"
#include "host/vchip/firmware_process.hpp"
#include "host/vchip/image.hpp"
#include "host/vchip/process_flash.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace esb;
using namespace esb::vchip;
namespace fs = std::filesystem;

namespace {

constexpr auto chip_patience = std::chrono::seconds(60);

std::vector<std::uint8_t> file_bytes(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// run_vchip() in a child of the test, with its serial port in the test's hands.
class RunningChip {
public:
    explicit RunningChip(const VchipOptions& options) {
        int in[2];
        int out[2];
        EXPECT_EQ(pipe2(in, O_CLOEXEC), 0);
        EXPECT_EQ(pipe2(out, O_CLOEXEC), 0);
        EXPECT_GT(fcntl(out[1], F_SETPIPE_SZ, 8192), 0);
        pid_ = fork();
        if (pid_ == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            dup2(in[0], 0);
            dup2(out[1], 1);
            _exit(run_vchip(options));
        }
        close(in[0]);
        close(out[1]);
        in_ = in[1];
        out_ = out[0];
    }
    ~RunningChip() {
        if (pid_ > 0) kill_now();
        close(in_);
        close(out_);
    }
    RunningChip(const RunningChip&) = delete;
    RunningChip& operator=(const RunningChip&) = delete;

    void type(const std::string& line) {
        const std::string text = line + "\n";
        EXPECT_EQ(write(in_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
    }
    // Reads until `text` has come; returns everything up to the end of its line. Empty after a minute or at the end.
    std::string expect(const std::string& text) {
        const auto until = std::chrono::steady_clock::now() + chip_patience;
        for (;;) {
            const auto found = seen_.find(text);
            const auto end = found == std::string::npos ? found : seen_.find('\n', found);
            if (end != std::string::npos) {
                const std::string taken = seen_.substr(0, end);
                seen_.erase(0, end + 1);
                return taken;
            }
            if (std::chrono::steady_clock::now() > until || !read_more()) break;
        }
        ADD_FAILURE() << "\"" << text << "\" did not come, but: " << seen_;
        return {};
    }
    std::string ask(const std::string& line, const std::string& answer) {
        type(line);
        return expect(answer);
    }
    // Everything until the end; then the wait status.
    int wait_for_end(std::string* rest = nullptr) {
        const auto until = std::chrono::steady_clock::now() + chip_patience;
        while (std::chrono::steady_clock::now() < until && read_more()) {
        }
        if (rest != nullptr) *rest = seen_;
        int status = -1;
        waitpid(pid_, &status, 0);
        pid_ = -1;
        return status;
    }
    // How often the boot loader's process has gone to sleep, and so has woken up.
    long wake_ups() const {
        std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
        for (std::string line; std::getline(status, line);) {
            if (line.starts_with("voluntary_ctxt_switches:")) return std::stol(line.substr(line.find(':') + 1));
        }
        ADD_FAILURE() << "no count";
        return 0;
    }
    // Puts so much on the serial port that nothing more finds room, and reads none of it.
    void clog() {
        const int size = fcntl(out_, F_GETPIPE_SZ);
        EXPECT_GT(size, 0);
        int waiting = 0;
        const auto until = std::chrono::steady_clock::now() + chip_patience;
        while (std::chrono::steady_clock::now() < until && waiting < size - 4096) {
            type("heap");
            ioctl(out_, FIONREAD, &waiting);
        }
        EXPECT_GE(waiting, size - 4096);
    }
    // Types it again and again until the boot loader has ended; nothing is read. False after a minute.
    bool type_until_the_end(const std::string& line) {
        const int handle = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
        pollfd end{handle, POLLIN, 0};
        const auto until = std::chrono::steady_clock::now() + chip_patience;
        while (end.revents == 0 && std::chrono::steady_clock::now() < until) {
            type(line);
            poll(&end, 1, 20);
        }
        close(handle);
        if (end.revents == 0) return false;
        waitpid(pid_, nullptr, 0);
        pid_ = -1;
        return true;
    }
    void kill_now() {
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
        pid_ = -1;
    }

private:
    bool read_more() {
        pollfd ready{out_, POLLIN, 0};
        if (poll(&ready, 1, 1000) == 0) return true;
        char buffer[4096];
        const ssize_t got = read(out_, buffer, sizeof buffer);
        if (got > 0) seen_.append(buffer, static_cast<std::size_t>(got));
        return got > 0;
    }

    pid_t pid_ = -1;
    int in_ = -1;
    int out_ = -1;
    std::string seen_;
};

struct Process : testing::Test {
    Process() {
        std::string name = (fs::temp_directory_path() / "vchip-test-XXXXXX").string();
        folder = mkdtemp(name.data());
        options.flash = folder / "flash.bin";
    }
    ~Process() override { fs::remove_all(folder); }

    void flash(chip::SlotId slot, const std::string& image) {
        const auto done = flash_image(options.flash, "", image, slot);
        ASSERT_TRUE(done) << done.error().name();
    }

    fs::path folder;
    VchipOptions options;
};

pid_t pid_in(const std::string& banner) { return std::stoi(banner.substr(banner.find(" pid ") + 5)); }

}  // namespace

TEST_F(Process, executes_exactly_the_bytes_of_the_slot) {
    flash(chip::SlotId::a, VCHIP_IMAGE_1);
    RunningChip running(options);
    running.expect("vchip: boot 1 (power-on): slot ota_0 (valid), image ");
    const std::string banner = running.expect("hello test-firmware 1.0.0 seq 1 keys 1 slot a reason power-on");
    const auto program = file_bytes("/proc/" + std::to_string(pid_in(banner)) + "/exe");
    const auto image = file_bytes(VCHIP_IMAGE_1);
    auto flash_bytes = file_bytes(options.flash);
    flash_bytes.erase(flash_bytes.begin(), flash_bytes.begin() + 0x20000);
    flash_bytes.resize(image.size());
    EXPECT_EQ(crypto::sha256(program), crypto::sha256(flash_bytes));
    EXPECT_EQ(crypto::sha256(program), crypto::sha256(image));
    std::string rest;
    running.type("off");
    EXPECT_EQ(running.wait_for_end(&rest), 0);
    EXPECT_NE(rest.find("vchip: power off"), std::string::npos);
}

TEST_F(Process, a_restart_keeps_retained_memory_and_the_wall_clock) {
    flash(chip::SlotId::a, VCHIP_IMAGE_1);
    RunningChip running(options);
    running.ask("retained", "retained 1 of 4192");
    running.ask("wall", "wall unknown");
    running.type("set-wall");
    running.type("restart");
    running.expect("vchip: boot 2 (software)");
    running.expect("reason software");
    running.ask("retained", "retained 2 of 4192");
    running.ask("wall", "wall set");
    running.ask("heap", "heap 1");
}

TEST_F(Process, a_deep_sleep_takes_its_time_and_keeps_what_a_restart_keeps) {
    flash(chip::SlotId::a, VCHIP_IMAGE_1);
    options.restart_limit = 0;
    RunningChip running(options);
    running.ask("retained", "retained 1 of 4192");
    running.type("set-wall");
    const auto began = std::chrono::steady_clock::now();
    running.type("sleep 300");
    running.expect("vchip: deep sleep for 300 ms");
    running.expect("vchip: boot 2 (deep-sleep)");
    EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(300));
    running.expect("reason deep-sleep");
    running.ask("retained", "retained 2 of 4192");
    running.ask("wall", "wall set");
}

TEST_F(Process, a_jump_of_the_clock_ends_a_deep_sleep) {
    flash(chip::SlotId::a, VCHIP_IMAGE_1);
    options.radio = folder / "board.json";
    std::ofstream(options.radio) << R"({"ahead":100})";
    RunningChip running(options);
    running.expect("reason power-on");
    running.type("sleep 3600000");
    running.expect("vchip: deep sleep for 3600000 ms");
    std::ofstream(folder / "new.json") << R"({"ahead":3700})";
    fs::rename(folder / "new.json", options.radio);
    running.expect("reason deep-sleep");
}

TEST_F(Process, a_crash_is_a_panic_and_so_is_a_bad_exit_code) {
    flash(chip::SlotId::a, VCHIP_IMAGE_1);
    RunningChip running(options);
    running.type("crash");
    running.expect("vchip: the firmware crashed (signal 9), restarting");
    running.expect("reason panic");
    running.type("exit 3");
    running.expect("vchip: the firmware crashed (exit code 3), restarting");
    running.expect("vchip: boot 3 (panic)");
}

TEST_F(Process, the_watchdog_ends_firmware_that_hangs) {
    flash(chip::SlotId::a, VCHIP_IMAGE_1);
    RunningChip running(options);
    running.type("watchdog");
    running.type("hang");
    running.expect("vchip: watchdog: the firmware hangs, restarting");
    running.expect("reason task-watchdog");
}

// It is noticed at once that the watchdog was started, long before the boot watchdog's time is over.
TEST_F(Process, a_watchdog_is_waited_for_from_its_start) {
    flash(chip::SlotId::a, VCHIP_IMAGE_1);
    options.boot_watchdog = 10 * std::chrono::duration_cast<Duration>(chip_patience);
    RunningChip running(options);
    running.type("watchdog");
    running.type("hang");
    running.expect("vchip: watchdog: the firmware hangs, restarting");
}

TEST_F(Process, a_chip_goes_on_when_nobody_reads_its_serial_port) {
    flash(chip::SlotId::a, VCHIP_IMAGE_1);
    options.max_boots = 4;
    RunningChip running(options);
    running.expect("reason power-on");
    running.clog();
    EXPECT_TRUE(running.type_until_the_end("restart"));
}

TEST_F(Process, the_boot_loader_sleeps_while_the_firmware_runs) {
    flash(chip::SlotId::a, VCHIP_IMAGE_1);
    RunningChip running(options);
    running.expect("reason power-on");
    usleep(100'000);  // until it waits
    const long before = running.wake_ups();
    usleep(600'000);
    EXPECT_LE(running.wake_ups() - before, 1);
}

TEST_F(Process, the_boot_watchdog_ends_firmware_that_never_starts_its_own) {
    flash(chip::SlotId::a, VCHIP_IMAGE_1);
    options.boot_watchdog = Duration(1500);
    options.max_boots = 1;
    RunningChip running(options);
    running.expect("vchip: boot watchdog: the firmware hangs, restarting");
    std::string rest;
    EXPECT_EQ(running.wait_for_end(&rest), 0);
    EXPECT_NE(rest.find("vchip: stopped after 1 boots"), std::string::npos);
}

TEST_F(Process, killing_the_parent_is_a_loss_of_power) {
    flash(chip::SlotId::a, VCHIP_IMAGE_1);
    pid_t firmware = 0;
    {
        RunningChip running(options);
        firmware = pid_in(running.expect("hello"));
        running.ask("store", "stored");
        running.kill_now();
    }
    // The lock is free only once the child is gone as well.
    RunningChip again(options);
    again.expect("reason power-on");
    // Nobody may have collected it yet, but it executes nothing any more.
    std::error_code gone;
    static_cast<void>(fs::read_symlink("/proc/" + std::to_string(firmware) + "/exe", gone));
    EXPECT_TRUE(gone);
    again.ask("load", "loaded value");
}

TEST_F(Process, a_chosen_slot_boots_on_trial_and_is_aborted_without_confirmation) {
    flash(chip::SlotId::a, VCHIP_IMAGE_1);
    {
        RunningChip first(options);
        first.expect("hello");
    }
    flash(chip::SlotId::b, VCHIP_IMAGE_2);
    RunningChip running(options);
    running.expect("hello test-firmware 1.0.0");
    running.ask("boot-other", "chosen");
    running.type("restart");
    running.expect("vchip: boot 2 (software): slot ota_1 (pending verify)");
    running.expect("hello test-firmware 2.0.0 seq 2 keys 1 slot b reason software");
    running.type("crash");
    running.expect("vchip: boot 3 (panic): slot ota_0 (valid)");
    running.ask("boot-other", "chosen");
    running.type("restart");
    running.expect("slot b");
    running.ask("confirm", "confirmed");
    running.type("restart");
    running.expect("vchip: boot 5 (software): slot ota_1 (valid)");
}

TEST_F(Process, a_planned_power_cut_kills_both_processes_at_that_operation) {
    flash(chip::SlotId::a, VCHIP_IMAGE_1);
    {
        // Operations from power-on: the boot loader's first record, then the store's formatting.
        options.faults.cut = PowerCut{4, CutKind::before};
        RunningChip running(options);
        running.expect("hello");
        running.type("store");
        const int status = running.wait_for_end();
        ASSERT_TRUE(WIFSIGNALED(status));
        EXPECT_EQ(WTERMSIG(status), SIGKILL);
    }
    options.faults = {};
    RunningChip again(options);
    again.expect("reason power-on");
    again.ask("store", "stored");
}

TEST_F(Process, a_cut_may_hit_the_boot_loader_itself) {
    flash(chip::SlotId::a, VCHIP_IMAGE_1);
    {
        options.faults.cut = PowerCut{1, CutKind::after};
        RunningChip running(options);
        EXPECT_TRUE(WIFSIGNALED(running.wait_for_end()));
    }
    options.faults = {};
    RunningChip again(options);
    again.expect("hello");
}

TEST_F(Process, endless_restarts_end_in_a_clear_error) {
    flash(chip::SlotId::a, VCHIP_IMAGE_1);
    options.restart_limit = 2;
    options.restart_window = Duration(600'000);
    RunningChip running(options);
    for (int i = 0; i < 3; ++i) {
        running.expect("hello");
        running.type("restart");
    }
    std::string output;
    const int status = running.wait_for_end(&output);
    EXPECT_EQ(WEXITSTATUS(status), 1);
    EXPECT_NE(output.find("vchip: error: the firmware restarts again and again"), std::string::npos);
}

TEST_F(Process, an_erased_flash_is_made_and_holds_nothing_to_boot) {
    RunningChip running(options);
    std::string output;
    EXPECT_EQ(WEXITSTATUS(running.wait_for_end(&output)), 1);
    EXPECT_NE(output.find("vchip: error: no slot holds a bootable image"), std::string::npos);
    EXPECT_EQ(fs::file_size(options.flash), default_flash_size);
}

TEST_F(Process, the_radio_follows_its_file_while_the_firmware_runs) {
    flash(chip::SlotId::a, VCHIP_IMAGE_1);
    options.radio = folder / "radio.json";
    RunningChip running(options);
    running.ask("join", "left: network not found");
    std::ofstream(options.radio) << R"({"networks":[{"ssid":"Home","passphrase":"another one"}]})";
    running.ask("join", "left: wrong password");
    std::ofstream(options.radio) << R"({"networks":[{"ssid":"Home","passphrase":"correct horse"}]})";
    running.ask("join", "address 127.0.0.1");
}

TEST_F(Process, an_access_points_port_is_said) {
    flash(chip::SlotId::a, VCHIP_IMAGE_1);
    RunningChip running(options);
    const std::string line = running.ask("listen", "vchip: 4.3.2.1:80 is 127.0.0.1:");
    EXPECT_GT(std::stoi(line.substr(line.rfind(':') + 1)), 1023);
}

TEST_F(Process, flashing_refuses_a_bad_image_and_leaves_the_slot_alone) {
    flash(chip::SlotId::a, VCHIP_IMAGE_1);
    auto bytes = file_bytes(VCHIP_IMAGE_2);
    bytes[bytes.size() / 2] ^= 1;
    const std::string bad = folder / "bad.img";
    std::ofstream(bad, std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), std::ssize(bytes));
    EXPECT_EQ(flash_image(options.flash, "", bad).error(), errors::image_hash);
    EXPECT_EQ(flash_image(options.flash, "", folder / "none.img").error(), errors::image_file);
    std::ofstream(bad, std::ios::binary) << "not an image";
    EXPECT_FALSE(flash_image(options.flash, "", bad));
    RunningChip running(options);
    running.expect("hello test-firmware 1.0.0");
}

TEST_F(Process, a_running_chips_flash_file_is_locked) {
    flash(chip::SlotId::a, VCHIP_IMAGE_1);
    RunningChip running(options);
    running.expect("hello");
    EXPECT_EQ(flash_image(options.flash, "", VCHIP_IMAGE_2, chip::SlotId::b).error(), errors::flash_in_use);
}

TEST_F(Process, a_partition_file_that_is_missing_is_an_error) {
    options.partitions = folder / "none.csv";
    RunningChip running(options);
    std::string output;
    EXPECT_EQ(WEXITSTATUS(running.wait_for_end(&output)), 1);
    EXPECT_NE(output.find("partition file"), std::string::npos);
}

TEST(OperationTally, counts_on_where_the_one_before_has_ended) {
    const std::string file = testing::TempDir() + "tally" + std::to_string(getpid());
    for (int power_on = 0; power_on < 2; ++power_on) {
        const auto tally = OperationTally::open(file);
        ASSERT_TRUE(tally);
        for (int i = 0; i < 3; ++i) (*tally)->count();
    }
    std::uint64_t counted = 0;
    std::ifstream(file, std::ios::binary).read(reinterpret_cast<char*>(&counted), sizeof counted);
    EXPECT_EQ(counted, 6U);
    EXPECT_EQ(OperationTally::open("/nowhere/tally").error(), errors::flash_file);
    std::ofstream(file) << "somebody's notes";
    EXPECT_EQ(OperationTally::open(file).error(), errors::flash_file);
    EXPECT_EQ(std::filesystem::file_size(file), 16U) << "which stay";
    unlink(file.c_str());
}

TEST(ProcessFlash, a_plan_loses_what_has_happened) {
    const auto plan = parse_fault_plan("cut=12:unstable:7,fail=3,fail=20");
    ASSERT_TRUE(plan);
    EXPECT_EQ(to_text(*plan), "cut=12:unstable:7,fail=3,fail=20");
    EXPECT_EQ(to_text(remaining_plan(*plan, 5)), "cut=7:unstable:7,fail=15");
    EXPECT_EQ(to_text(remaining_plan(*plan, 12)), "fail=8");
    EXPECT_EQ(to_text(remaining_plan(*plan, 100)), "");
}

TEST(ProcessEnvironment, ports_round_trip_and_bad_ones_are_refused) {
    const auto ports = parse_ports("80:8080,53:0");
    ASSERT_TRUE(ports);
    EXPECT_EQ(to_text(*ports), "80:8080,53:0");
    EXPECT_TRUE(parse_ports("")->empty());
    for (const char* bad : {"80", "0:80", "80:65536", "x:1", "80:80,", ":"}) {
        EXPECT_TRUE(!parse_ports(bad) || std::string_view(bad) == "80:80,") << bad;
    }
}

TEST(ProcessEnvironment, firmware_started_by_hand_says_why) {
    unsetenv("ESB_VCHIP_PAGE");
    testing::internal::CaptureStderr();
    EXPECT_EQ(run_inherited_chip([](chip::Chip&) { FAIL(); }), exit_no_board);
    EXPECT_NE(testing::internal::GetCapturedStderr().find("esb vchip run"), std::string::npos);
}

TEST(ProcessPage, a_descriptor_that_is_no_page_is_refused) {
    EXPECT_EQ(SharedPage::inherit(-1).error(), errors::chip_page);
    const int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    EXPECT_EQ(SharedPage::inherit(fd).error(), errors::chip_page);
    close(fd);
    const auto page = SharedPage::create();
    ASSERT_TRUE(page);
    const auto same = SharedPage::inherit(dup(page->fd()));
    ASSERT_TRUE(same);
    (*page)->flash_operations = 5;
    EXPECT_EQ((*same)->flash_operations, 5U);
}
