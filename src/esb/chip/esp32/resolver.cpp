#include "esb/chip/esp32/resolver.hpp"

#include "esb/chip/esp32/lwip_convert.hpp"

#include <algorithm>
#include <atomic>

#include <esp_netif.h>
#include <lwip/dns.h>

namespace esb::chip::esp32 {

namespace {

// lwIP says "nothing" both when the name server does not know the name and when it does not answer; but before it
// takes silence for an answer it asks four times, which needs six seconds at least.
constexpr Duration silence = std::chrono::seconds(5);

std::atomic<Resolver*> only = nullptr;

struct Question {
    const char* name;
    dns_found_callback on_found;
    void* query;
    ip_addr_t address;
    err_t code;
};

// In lwIP's task, as lwIP demands.
esp_err_t ask(void* context) {
    auto& question = *static_cast<Question*>(context);
    question.code = dns_gethostbyname(question.name, &question.address, question.on_found, question.query);
    return ESP_OK;
}

}  // namespace

Resolver::Resolver(const chip::Clock& clock, Wake& wake) : clock_(clock), wake_(wake) { only = this; }

Resolver::~Resolver() {
    only = nullptr;
    if (alarm_ == nullptr) return;
    esp_timer_stop(alarm_);
    esp_timer_delete(alarm_);
}

Result<Resolver::Query> Resolver::resolve(std::string_view host) {
    FixedString<max_host_name> name;
    if (host.empty() || host.find('\0') != std::string_view::npos) return fail(errors::invalid_argument);
    if (!name.assign(host)) return fail(errors::invalid_argument);
    Query query = 0;
    {
        const Lock lock(mutex_);
        Slot* free = find(0);
        if (free == nullptr) return fail(errors::full);
        if (++last_ == 0) ++last_;
        query = last_;
        *free = {};
        free->query = query;
        free->since = clock_.now();
    }
    if (const auto alarm = set_alarm(); !alarm) {
        cancel(query);
        return fail(alarm.error());
    }
    // Blocks only as long as any socket call does: until lwIP's task has taken the question.
    Question question{name.c_str(), &Resolver::on_found, reinterpret_cast<void*>(query), {}, ERR_OK};
    esp_netif_tcpip_exec(&ask, &question);
    if (question.code == ERR_INPROGRESS) return query;
    answer(query, question.code == ERR_OK ? &question.address : nullptr);
    return query;
}

// In lwIP's task.
void Resolver::on_found(const char*, const ip_addr_t* address, void* query) {
    Resolver* resolver = only;
    if (resolver != nullptr) resolver->answer(static_cast<Query>(reinterpret_cast<std::uintptr_t>(query)), address);
}

void Resolver::answer(Query query, const ip_addr_t* address) {
    {
        const Lock lock(mutex_);
        Slot* slot = find(query);
        if (slot == nullptr || slot->answered) return;
        slot->answered = true;
        const bool quick = clock_.now() < slot->since + silence;
        if (address != nullptr) slot->address = from_lwip(address);
        if (address == nullptr && quick) slot->address = fail(errors::dns_not_found);
    }
    wake_.wake();
}

std::optional<chip::Resolver::Answer> Resolver::next_answer() {
    const Lock lock(mutex_);
    give_up_on_old();
    for (auto& slot : slots_) {
        if (slot.query == 0 || !slot.answered) continue;
        const Answer answer{slot.query, slot.address};
        slot = {};
        return answer;
    }
    return std::nullopt;
}

void Resolver::cancel(Query query) {
    const Lock lock(mutex_);
    Slot* slot = query == 0 ? nullptr : find(query);
    if (slot != nullptr) *slot = {};
}

Resolver::Slot* Resolver::find(Query query) {
    const auto at = std::find_if(slots_.begin(), slots_.end(), [=](const Slot& slot) { return slot.query == query; });
    return at == slots_.end() ? nullptr : &*at;
}

void Resolver::give_up_on_old() {
    const Instant now = clock_.now();
    for (auto& slot : slots_) {
        if (slot.query != 0 && now >= slot.since + longest) slot.answered = true;
    }
}

// Counted from the latest question: give_up_on_old() runs at every turn, so an earlier one is late only in a device
// that has nothing else to do, and lwIP itself gives up before.
Status Resolver::set_alarm() {
    if (alarm_ == nullptr) {
        esp_timer_create_args_t args{};
        args.callback = [](void* wake) { static_cast<Wake*>(wake)->wake(); };
        args.arg = &wake_;
        args.name = "resolver";
        if (esp_timer_create(&args, &alarm_) != ESP_OK) return fail(errors::no_memory);
    }
    esp_timer_stop(alarm_);
    const auto delay = std::chrono::duration_cast<std::chrono::microseconds>(longest);
    esp_timer_start_once(alarm_, static_cast<std::uint64_t>(delay.count()));
    return {};
}

}  // namespace esb::chip::esp32
